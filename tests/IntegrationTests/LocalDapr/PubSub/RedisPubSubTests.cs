using ImDapr.IntegrationTests.Clients;
using ImDapr.IntegrationTests.Servers;
using ImDapr.LocalDapr.PubSub;
using ImDapr.UnitTests.LocalDapr;
using ImDapr.UnitTests.LocalDapr.PubSub;
using Microsoft.Extensions.Logging.Abstractions;
using StackExchange.Redis;

namespace ImDapr.IntegrationTests.LocalDapr.PubSub;

[Collection(ComponentServers.Collection)]
public sealed class RedisPubSubTests(ComponentServers servers) : PubSubContract
{
    private ConnectionMultiplexer _redis = null!;

    private IDatabase Redis => _redis.GetDatabase();

    protected override IPubSub Create(params (string Name, string Value)[] metadata) => PubSubs.Create(
        Components.Spec("pubsub.redis", "/", [("redisHost", servers.RedisHost), .. metadata]), TimeProvider.System, NullLoggerFactory.Instance);

    public override async Task InitializeAsync() => _redis = await ConnectionMultiplexer.ConnectAsync(servers.RedisHost);

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        await _redis.DisposeAsync();
    }

    [Fact]
    public async Task The_layout_is_that_of_daprd()
    {
        var pubSub = await OpenAsync();

        await pubSub.PublishAsync(new BrokerMessage(Topic, "{}"u8.ToArray(), new Dictionary<string, string> { ["a"] = "b" }), CancellationToken.None);

        var entry = Assert.Single(await Redis.StreamRangeAsync(Topic));
        Assert.Equal(("{}", """{"a":"b"}"""), (entry["data"].ToString(), entry["metadata"].ToString()));
    }

    [Fact]
    public async Task What_was_handled_is_pending_no_more_and_still_in_the_stream()
    {
        var pubSub = await OpenAsync();
        var received = await SubscribeAsync(pubSub, (message, _) => message.Data[0] == (byte)'1' ? throw new InvalidOperationException() : Task.CompletedTask);
        await PublishAsync(pubSub, "0");
        await PublishAsync(pubSub, "1");
        await TakeAsync(received, 2);

        await UntilAsync(async () => (await Redis.StreamPendingAsync(Topic, "app")).PendingMessageCount == 0);

        Assert.Equal(2, await Redis.StreamLengthAsync(Topic));
    }

    [Fact]
    public async Task A_stream_is_trimmed_when_maxLenApprox_says_so()
    {
        var pubSub = await OpenAsync(("maxLenApprox", "100"));

        for (var i = 0; i < 1000; i++)
            await PublishAsync(pubSub, $"{i}");

        Assert.InRange(await Redis.StreamLengthAsync(Topic), 100, 300);
    }

    [Fact]
    public async Task A_group_that_was_lost_is_made_again()
    {
        var pubSub = await OpenAsync();
        var received = await SubscribeAsync(pubSub);
        await PublishAsync(pubSub, "before");
        await NextAsync(received);

        await Redis.KeyDeleteAsync(Topic);
        await PublishAsync(pubSub, "after");

        Assert.Equal("after", await NextAsync(received));
    }

    [Fact]
    public async Task A_subscription_outlives_a_crash_of_Redis()
    {
        await using var mortal = await PrivateRedis.StartAsync();
        var pubSub = await OpenAsync(("redisHost", mortal.Host));
        var received = await SubscribeAsync(pubSub);
        await PublishAsync(pubSub, "before");
        await NextAsync(received);

        await mortal.KillAsync();
        await mortal.StartAgainAsync();
        await Eventually.SucceedsAsync<RedisConnectionException>(() => PublishAsync(pubSub, "after"));

        string message;
        do
            message = await NextAsync(received); // "before" may come again: its acknowledgement may have been lost
        while (message != "after");
    }

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        using var limit = new CancellationTokenSource(Components.Patience);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (!await condition())
            await timer.WaitForNextTickAsync(limit.Token);
    }
}
