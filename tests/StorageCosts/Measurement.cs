using System.Diagnostics;
using ImDapr.Contracts;
using ImDapr.IntegrationTests.Clients;
using ImDapr.IntegrationTests.Stacks;

namespace ImDapr.StorageCosts;

/// <summary>One system with one storage model and one policy for every conversation, and the users who talk in it.</summary>
internal sealed class Measurement : IAsyncDisposable
{
    private const int InFlight = 16;
    private readonly CostCluster _cluster;
    private readonly StoreCounters _counters;
    private readonly TestUser[] _users;

    private Measurement(CostCluster cluster, StoreCounters counters, TestUser[] users, int[] sizes) =>
        (_cluster, _counters, _users, Sizes) = (cluster, counters, users, sizes);

    /// <summary>Members of the groups to measure.</summary>
    public int[] Sizes { get; }

    public static async Task<Measurement> StartAsync(string model, string policy, int[] sizes)
    {
        var cluster = new CostCluster(model, policy);
        await cluster.InitializeAsync();
        var users = new List<TestUser>();
        foreach (var chunk in Enumerable.Range(0, sizes.Max()).Chunk(InFlight))
            users.AddRange(await Task.WhenAll(chunk.Select(i => TestUser.RegisterAsync(cluster, $"u{i:D3}"))));
        return new Measurement(cluster, await StoreCounters.ConnectAsync(cluster.RedisHost, cluster.MySqlDsn), [.. users], sizes);
    }

    /// <summary>Messages of a hundred letters to a group of which nobody but the sender is connected; then all come, sync and acknowledge.</summary>
    public async Task<Cost> RunAsync(int size, int messages)
    {
        var group = await _users[0].CreateGroupAsync(_users[1..size]);
        await using var sender = await _users[0].ConnectAsync();
        await sender.SendInAsync(group.ConversationId, "the members are known, the inboxes exist");
        await IdleAsync();

        var (stored, before) = (await _counters.StoredAsync(), await _counters.OperationsAsync());
        await SendAsync(sender, group.ConversationId, messages);
        var (storedAfter, sent) = (await _counters.StoredAsync(), await _counters.OperationsAsync());

        var (sync, milliseconds) = await SyncAsync(_users[1]);
        var acknowledged = await AcknowledgeAsync(_users[1..size]);
        return new Cost(
            (storedAfter - stored).Per(messages), (sent - before).Per(messages), acknowledged.Per(messages), sync, milliseconds);
    }

    public async ValueTask DisposeAsync()
    {
        await _counters.DisposeAsync();
        await _cluster.DisposeAsync();
    }

    private async Task SendAsync(ImClient sender, string conversationId, int messages)
    {
        var text = new string('x', 100);
        foreach (var chunk in Enumerable.Range(0, messages).Chunk(InFlight))
            await Task.WhenAll(chunk.Select(_ => sender.SendInAsync(conversationId, text)));
        await IdleAsync();
    }

    /// <summary>One member's first sync, to the end, by REST: no connection, no presence in the numbers.</summary>
    private async Task<(Operations, double)> SyncAsync(TestUser user)
    {
        var token = (await user.LoginAsync("reader")).AccessToken;
        using var rest = user.Rest();
        var before = await _counters.OperationsAsync();
        var clock = Stopwatch.StartNew();
        var page = await rest.CallAsync<SyncPage>(HttpMethod.Get, $"api/inbox?after=0&limit={Limits.PageSize}", null, token);
        foreach (var timeline in page.Timelines)
            await rest.CallAsync<HistoryPage>(HttpMethod.Get, $"api/conversations/{timeline.ConversationId}/messages?after=0&limit={Limits.PageSize}", null, token);
        var elapsed = clock.Elapsed.TotalMilliseconds;
        return (await _counters.OperationsAsync() - before, elapsed);
    }

    private async Task<Operations> AcknowledgeAsync(TestUser[] users)
    {
        var tokens = new Dictionary<TestUser, string>();
        foreach (var user in users)
            tokens[user] = (await user.LoginAsync("reader")).AccessToken;
        var before = await _counters.OperationsAsync();
        foreach (var chunk in users.Chunk(InFlight))
            await Task.WhenAll(chunk.Select(user => AcknowledgeAsync(user, tokens[user])));
        await IdleAsync();
        return await _counters.OperationsAsync() - before;
    }

    private static async Task AcknowledgeAsync(TestUser user, string token)
    {
        using var rest = user.Rest();
        for (var after = 0L; ;)
        {
            var page = await rest.CallAsync<SyncPage>(HttpMethod.Get, $"api/inbox?after={after}&limit={Limits.PageSize}", null, token);
            if (page.Next == after)
                return;
            after = page.Next;
        }
    }

    private Task IdleAsync() => Eventually.TrueAsync(() => _counters.IsIdleAsync(Topics.Messages, Topics.Deliveries, Topics.Relations));
}

/// <summary>Redis and MariaDB under one model and policy.</summary>
internal sealed class CostCluster(string model, string policy) : ServerCluster($"costs-{model.Replace('+', '-')}-{policy}", "dapr.yaml")
{
    protected override IReadOnlyDictionary<string, string> AppSettings => new Dictionary<string, string>
    {
        ["Storage__Model"] = model,
        ["FanOut__Direct"] = policy,
        ["FanOut__Group"] = policy,
        ["FanOut__TimelineFrom"] = "100000",
    };
}
