using System.Net;
using System.Net.Http.Json;
using System.Threading.Channels;
using ImDapr.Contracts;
using ImDapr.MessageService.Conversations;

namespace ImDapr.UnitTests.MessageService.Conversations;

/// <summary>A question to user-service that began before a change ends after this instance was told of it: the answer is not remembered.</summary>
public sealed class UserDirectoryTests : IDisposable
{
    private static readonly BlockPair Block = new("ann", "bob");

    private readonly FakeUserService _service = new();
    private readonly DirectoryCache _cache = new();
    private readonly UserDirectory _directory;

    public UserDirectoryTests() => _directory = new UserDirectory(_service.Client, _cache);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_block_counts_as_soon_as_it_is_told(bool hasBlockedAnother)
    {
        var early = _directory.BlockedAsync([Block], CancellationToken.None);
        await TellAsync(RelationKinds.Block, "ann:bob");
        await _service.AnswerAsync(new BlocksAnswer([], hasBlockedAnother ? ["ann"] : []));
        Assert.Empty(await early);

        var late = _directory.BlockedAsync([Block], CancellationToken.None);
        await _service.AnswerAsync(new BlocksAnswer([Block], ["ann"]));
        Assert.Equal([Block], await late);
    }

    [Fact]
    public async Task The_end_of_a_contact_counts_as_soon_as_it_is_told()
    {
        var pair = new ContactPair("ann", "bob");
        var early = _directory.ContactsAsync([pair], CancellationToken.None);
        await TellAsync(RelationKinds.Contact, "ann:bob");
        await _service.AnswerAsync(new ContactsAnswer([pair]));
        Assert.Equal([pair], await early);

        var late = _directory.ContactsAsync([pair], CancellationToken.None);
        await _service.AnswerAsync(new ContactsAnswer([]));
        Assert.Empty(await late);
    }

    [Fact]
    public async Task A_new_name_is_seen_as_soon_as_it_is_told()
    {
        var early = _directory.NamesAsync(["ann"], [], CancellationToken.None);
        await TellAsync(RelationKinds.Profile, "ann");
        await _service.AnswerAsync(new DirectoryAnswer([new UserProfile("ann", "Ann")], []));
        Assert.Equal("Ann", (await early).Users["ann"]);

        var late = _directory.NamesAsync(["ann"], [], CancellationToken.None);
        await _service.AnswerAsync(new DirectoryAnswer([new UserProfile("ann", "Anna")], []));
        Assert.Equal("Anna", (await late).Users["ann"]);
    }

    public void Dispose()
    {
        _cache.Dispose();
        _service.Dispose();
    }

    private Task TellAsync(string kind, string subject) => new RelationsHandler(null!, null!, null!, _cache, null!, null!)
        .ForgetAsync(new RelationChanged(kind, subject, 0, RelationActions.Updated, "ann", []), CancellationToken.None);

    /// <summary>user-service at the other end: each question waits until the test answers it.</summary>
    private sealed class FakeUserService : HttpMessageHandler
    {
        private readonly Channel<TaskCompletionSource<HttpResponseMessage>> _asked = Channel.CreateBounded<TaskCompletionSource<HttpResponseMessage>>(10);

        public HttpClient Client => new(this, disposeHandler: false) { BaseAddress = new Uri("http://user-service") };

        public async Task AnswerAsync<T>(T answer)
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
            var asked = await _asked.Reader.ReadAsync(limit.Token);
            asked.SetResult(new HttpResponseMessage(HttpStatusCode.OK) { Content = JsonContent.Create(answer, options: ContractsJson.Wire) });
        }

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var asked = new TaskCompletionSource<HttpResponseMessage>(TaskCreationOptions.RunContinuationsAsynchronously);
            await _asked.Writer.WriteAsync(asked, cancellationToken);
            return await asked.Task.WaitAsync(cancellationToken);
        }
    }
}
