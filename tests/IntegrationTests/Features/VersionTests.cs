using System.Net;
using System.Net.Http.Json;
using ImDapr.Contracts;
using ImDapr.IntegrationTests.Clients;
using ImDapr.IntegrationTests.Stacks;

namespace ImDapr.IntegrationTests.Features;

/// <summary>What a newer build writes is refused and not guessed at; what says no version is that of the builds before (docs/decisions/0018).</summary>
public abstract class VersionTests(Cluster cluster) : FeatureTests(cluster)
{
    private const int Newer = 99;
    private static readonly HttpClient Http = new() { Timeout = ImClient.Patience };

    [Fact]
    public async Task An_event_of_a_newer_version_is_refused()
    {
        var users = await RegisterAsync("ann", "bob");
        await using var bob = await users[1].ConnectAsync();
        var subject = ConversationId.Direct(users[0].Id, users[1].Id)[2..];
        RelationChanged Requested(string note) => new(RelationKinds.Contact, subject, 1, RelationActions.Requested, users[0].Id, [users[1].Id], note);

        await PublishAsync(Topics.Relations, Requested("newer"), DaprNames.UserService, EventType.Of(Topics.Relations, Newer));
        await LoggedAsync($"/events/relations was refused: {Topics.Relations} has version {Newer}");
        await PublishAsync(Topics.Relations, Requested("from before"), DaprNames.UserService);

        Assert.Equal("from before", (await bob.NextMessageAsync()).Body.GetProperty("note").GetString());
    }

    [Fact]
    public async Task A_notification_of_a_newer_version_is_put_aside_and_one_without_is_delivered()
    {
        var users = await RegisterAsync("ann");
        await using var ann = await users[0].ConnectAsync();
        object Notification(string text) =>
            new { id = Guid.NewGuid().ToString("N"), to = new { userIds = new[] { users[0].Id } }, type = MessageTypes.Text, body = new { text } };
        var source = $"app-{Guid.NewGuid():N}"[..20];

        await PublishAsync(Topics.Notifications, Notification("newer"), source, EventType.Of(Topics.Notifications, Newer));
        // Once where it came to, and once more behind its dead-letter topic.
        await LoggedAsync($"of {source} is refused: {Topics.Notifications} has version {Newer}", times: 2);
        await PublishAsync(Topics.Notifications, Notification("of its own type"), source, "com.example.order.v7");
        await PublishAsync(Topics.Notifications, Notification("of this version"), source, EventType.Of(Topics.Notifications, 1));
        await PublishAsync(Topics.Notifications, Notification("of none"), source);

        string[] delivered = [.. (await ann.NextMessagesAsync(3)).Select(ImClient.TextOf).Order(StringComparer.Ordinal)];
        Assert.Equal(["of its own type", "of none", "of this version"], delivered);
    }

    [Theory]
    [InlineData(null, HttpStatusCode.OK)]
    [InlineData("1", HttpStatusCode.OK)]
    [InlineData("99", HttpStatusCode.NotImplemented)]
    [InlineData("newest", HttpStatusCode.NotImplemented)]
    public async Task A_call_of_a_newer_version_is_refused(string? version, HttpStatusCode expected)
    {
        var address = new Uri(Cluster.Sidecar(DaprNames.ConnectionService), $"v1.0/invoke/{DaprNames.MessageService}/method/internal/acks");
        using var call = new HttpRequestMessage(HttpMethod.Post, address) { Content = JsonContent.Create(new AckBatch([]), options: ContractsJson.Wire) };
        if (version is not null)
            call.Headers.Add(ContractVersions.CallHeader, version);

        using var answer = await Http.SendAsync(call);

        Assert.Equal(expected, answer.StatusCode);
        if (expected != HttpStatusCode.OK)
            Assert.Equal(ErrorCodes.UnknownVersion, (await answer.Content.ReadFromJsonAsync<Problem>(ContractsJson.Wire))!.Code);
    }

    // The name of a method is its version: a newer meaning has another name.
    [Fact]
    public async Task A_method_that_an_actor_does_not_know_is_an_error()
    {
        var address = new Uri(Cluster.Sidecar(DaprNames.ConnectionService), $"v1.0/actors/{DaprNames.UserActor}/nobody/method/{UserActorMethods.Sync}2");

        using var answer = await Http.PutAsync(address, JsonContent.Create(new { }));

        Assert.Equal(HttpStatusCode.InternalServerError, answer.StatusCode);
    }

    private Task PublishAsync(string topic, object data, string source, string? type = null) =>
        SidecarPublisher.PublishAsync(Cluster.Sidecar(DaprNames.UserService), topic, data, source, type);

    private Task LoggedAsync(string text, int times = 1) =>
        Eventually.TrueAsync(async () => (await Cluster.LogAsync()).Split(text).Length > times);
}
