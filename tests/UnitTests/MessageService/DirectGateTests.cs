using System.Net.Http.Json;
using ImDapr.Contracts;
using ImDapr.MessageService.Conversations;
using ImDapr.MessageService.Sending;
using Microsoft.Extensions.Options;

namespace ImDapr.UnitTests.MessageService;

public sealed class DirectGateTests : IDisposable
{
    private readonly DirectoryCache _cache = new();
    private readonly UserServiceStub _userService = new();

    public void Dispose()
    {
        _cache.Dispose();
        _userService.Dispose();
    }

    [Fact]
    public async Task Strangers_may_write_unless_they_are_refused()
    {
        Assert.Null(await CheckAsync(Strangers.Allow));
        Assert.Equal(ErrorCodes.Forbidden, (await CheckAsync(Strangers.Refuse))?.Code);
    }

    [Fact]
    public async Task Who_has_become_a_contact_may_write_at_once_and_is_remembered_in_both_directions()
    {
        Assert.NotNull(await CheckAsync(Strangers.Refuse));
        _userService.AreContacts = true;

        Assert.Null(await CheckAsync(Strangers.Refuse));
        _userService.AreContacts = false;
        Assert.Null(await CheckAsync(Strangers.Refuse, "bob", "ann"));
        _cache.Contacts.Remove("ann:bob"); // as a change of the pair is told
        Assert.NotNull(await CheckAsync(Strangers.Refuse));
    }

    private async Task<Refusal?> CheckAsync(Strangers strangers, string userId = "ann", string peerId = "bob")
    {
        var http = new HttpClient(_userService, disposeHandler: false) { BaseAddress = new Uri("http://user-service/") };
        var gate = new DirectGate(new UserDirectory(http, _cache), Options.Create(new ContactOptions { Strangers = strangers }));
        return (await gate.CheckAsync([(userId, peerId)], CancellationToken.None))[(userId, peerId)];
    }

    private sealed class UserServiceStub : HttpMessageHandler
    {
        public bool AreContacts { get; set; }

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            new() { Content = JsonContent.Create(await AnswerAsync(request, cancellationToken), options: ContractsJson.Wire) };

        private async Task<object> AnswerAsync(HttpRequestMessage request, CancellationToken cancellationToken) => request.RequestUri!.AbsolutePath switch
        {
            "/internal/directory" => new DirectoryAnswer([.. (await ReadAsync<DirectoryRequest>(request, cancellationToken)).UserIds.Select(id => new UserProfile(id, id))], []),
            "/internal/blocks" => new BlocksAnswer([], []),
            _ => new ContactsAnswer(AreContacts ? (await ReadAsync<ContactsRequest>(request, cancellationToken)).Pairs : []),
        };

        private static async Task<T> ReadAsync<T>(HttpRequestMessage request, CancellationToken cancellationToken) =>
            (await request.Content!.ReadFromJsonAsync<T>(ContractsJson.Wire, cancellationToken))!;
    }
}
