using ImDapr.Contracts;
using ImDapr.MessageService.Inbox;

namespace ImDapr.UnitTests.MessageService.Inboxes;

/// <summary>What an instance appends to many inboxes at once, while other instances and the users' actors write the same ones.</summary>
public sealed class InboxWriterTests
{
    private static readonly string[] Users = [.. Enumerable.Range(0, 150).Select(i => $"user{i}")];

    [Theory]
    [InlineData("state.in-memory", 64)]
    [InlineData("state.in-memory", 1)]
    [InlineData("state.sqlite", 64)]
    public async Task Two_instances_append_to_the_same_inboxes_at_once_and_each_entry_stands_once(string stateStore, int savedTogether)
    {
        await using var system = await StartAsync(stateStore);
        var options = new InboxOptions { SavedTogether = savedTogether };
        InboxWriter[] appenders = [system.Appender(options), system.Appender(options)];

        // Every event goes to both, as a broker may deliver it, and they overtake each other.
        await Parallel.ForEachAsync(Enumerable.Range(1, 20).SelectMany(seq => appenders.Select(appender => (appender, seq))), async (part, token) =>
            await Task.WhenAll(part.appender.Append([.. Users.Select(user => InboxWriterExtensions.MailingOf(user, References(part.seq)))])).WaitAsync(token));

        foreach (var userId in Users)
            await AssertHoldsAsync(system, userId, 20);
    }

    [Fact]
    public async Task What_another_instance_has_written_is_noticed_by_one_that_remembers()
    {
        await using var system = await StartAsync();
        var (first, second) = (system.Appender(), system.Appender());
        for (var seq = 1; seq <= 30; seq++)
            await Task.WhenAll((seq % 2 == 0 ? first : second).Append([.. Users.Select(user => InboxWriterExtensions.MailingOf(user, References(seq)))]));

        foreach (var userId in Users)
            await AssertHoldsAsync(system, userId, 30);
    }

    [Fact]
    public async Task Whoever_appends_knows_at_once_which_node_holds_a_device_of_the_user()
    {
        await using var system = await StartAsync();
        var (appender, actor) = (system.Appender(), system.Inbox("user0"));
        Assert.Empty(await NodesAsync(1)); // and remembers it from now on

        await actor.OpenAsync(new DeviceSession("phone", "ios", "c1", "node-b"), CancellationToken.None);
        await actor.OpenAsync(new DeviceSession("desk", "desktop", "c2", "node-a"), CancellationToken.None);
        Assert.Equal(["node-a", "node-b"], await NodesAsync(2));

        await actor.CloseAsync(new DeviceSession("phone", "ios", "c1", "node-b"), CancellationToken.None);
        Assert.Equal(["node-a"], await NodesAsync(3));

        await system.Inbox("user0").DropDeviceAsync("desk", CancellationToken.None);
        Assert.Empty(await NodesAsync(4));

        async Task<string[]> NodesAsync(int seq) => (await appender.AppendAsync("user0", References(seq), CancellationToken.None)).Readers.NodeIds;
    }

    [Fact]
    public async Task A_device_whose_session_was_lost_with_the_state_is_known_again_with_its_next_sync()
    {
        await using var system = await StartAsync();
        var (appender, actor) = (system.Appender(), system.Inbox("user0"));
        var session = new DeviceSession("phone", "ios", "c1", "node-a");
        await actor.OpenAsync(session, CancellationToken.None);
        await system.Client.DeleteStateAsync(DaprNames.StateStore, "inbox-user0");
        await system.Client.DeleteStateAsync(DaprNames.StateStore, "devices-user0");

        await actor.SyncAsync(new ActorSync(session, new SyncRequest(0, 10)), CancellationToken.None);

        Assert.Equal(["node-a"], (await appender.AppendAsync("user0", References(1), CancellationToken.None)).Readers.NodeIds);
    }

    [Fact]
    public async Task Events_that_overtake_each_other_leave_no_gap()
    {
        await using var system = await StartAsync();
        var appender = system.Appender();

        var mailings = Enumerable.Range(1, 40).Reverse().Select(seq => Users.Take(10).Select(user => InboxWriterExtensions.MailingOf(user, References(seq))).ToArray()).ToArray();
        await Task.WhenAll(mailings.SelectMany(appender.Append));

        Assert.All(mailings.SelectMany(some => some), mailing => Assert.True(mailing.Answer!.Positions.Single() > 0));
        foreach (var userId in Users.Take(10))
            await AssertHoldsAsync(system, userId, 40);
    }

    private static async Task<InboxSystem> StartAsync(string stateStore = "state.in-memory")
    {
        var system = await InboxSystem.StartAsync(stateStore);
        await system.StoreAsync("g:one", 1, 40);
        return system;
    }

    private static IReadOnlyList<MessageReference> References(int seq) => InboxSystem.References("g:one", seq, seq);

    private static async Task AssertHoldsAsync(InboxSystem system, string userId, int count)
    {
        var page = (await system.Inbox(userId).SyncAsync(new ActorSync(null, new SyncRequest(0, 100)), CancellationToken.None)).Value!;
        Assert.Equal(Enumerable.Range(1, count).Select(seq => ((long)seq, (long)seq)), page.Entries.Select(entry => (entry.Position, entry.Message.Seq)));
    }
}
