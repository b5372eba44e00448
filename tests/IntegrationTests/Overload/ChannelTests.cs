using ImDapr.IntegrationTests.Clients;
using ImDapr.IntegrationTests.Stacks;
using StackExchange.Redis;

namespace ImDapr.IntegrationTests.Overload;

/// <summary>What Redis has to hold and to restore for the pushes between nodes: channels of nodes, and of what connections follow.</summary>
[Collection(TwoInstancesSuite.Name)]
public sealed class ChannelTests(TwoInstancesCluster cluster) : IAsyncLifetime
{
    private const int Connections = 20;

    private IConnectionMultiplexer _redis = null!;

    public async Task InitializeAsync() => _redis = await ConnectionMultiplexer.ConnectAsync(cluster.RedisHost);

    public async Task DisposeAsync() => await _redis.DisposeAsync();

    [Fact]
    public async Task Connections_make_no_channels()
    {
        var before = await ChannelsAsync();
        var users = await Task.WhenAll(Enumerable.Range(0, Connections).Select(_ => TestUser.RegisterAsync(cluster, "ann")));

        var devices = await Task.WhenAll(users.Select((user, i) => user.ConnectAsync(instance: i)));

        Assert.Equal(3, before.Count(channel => channel.StartsWith("imdapr:node", StringComparison.Ordinal))); // each node's, and that of all
        Assert.Empty((await ChannelsAsync()).Except(before));
        foreach (var device in devices)
            await device.DisposeAsync();
    }

    [Fact]
    public async Task A_user_has_a_channel_while_somebody_watches()
    {
        var (ann, bob) = (await TestUser.RegisterAsync(cluster, "ann"), await TestUser.RegisterAsync(cluster, "bob"));
        var channel = $"imdapr:presence:{bob.Id}";
        await using var phone = await ann.ConnectAsync(instance: 0, deviceId: "phone");
        var desktop = await ann.ConnectAsync(instance: 1, deviceId: "desktop");

        await phone.WatchAsync(bob.Id);
        await desktop.WatchAsync(bob.Id);
        await phone.WatchAsync();
        Assert.Contains(channel, await ChannelsAsync());

        await desktop.DisposeAsync();
        await Eventually.TrueAsync(async () => !(await ChannelsAsync()).Contains(channel));
    }

    private async Task<HashSet<string>> ChannelsAsync() =>
        [.. (await _redis.GetServers().Single().SubscriptionChannelsAsync(RedisChannel.Pattern("imdapr:*"))).Select(channel => channel.ToString())];
}
