using System.Collections.Concurrent;
using System.Text;
using System.Threading.Channels;
using ImDapr.LocalDapr.PubSub;

namespace ImDapr.UnitTests.LocalDapr.PubSub;

/// <summary>What every broker promises.</summary>
public abstract class PubSubContract : IAsyncLifetime
{
    private readonly List<IPubSub> _opened = [];

    /// <summary>A topic of this test alone: a server may be shared.</summary>
    protected string Topic { get; } = $"topic-{Guid.NewGuid():N}";

    protected static Dictionary<string, string> NoMetadata { get; } = [];

    /// <summary>A component with the given metadata besides its address.</summary>
    protected abstract IPubSub Create(params (string Name, string Value)[] metadata);

    public virtual Task InitializeAsync() => Task.CompletedTask;

    public virtual async Task DisposeAsync()
    {
        foreach (var opened in _opened)
            await opened.DisposeAsync();
    }

    protected async Task<IPubSub> OpenAsync(params (string Name, string Value)[] metadata)
    {
        var pubSub = Create([("processingTimeout", "1000"), ("redeliverInterval", "100"), .. metadata]);
        await pubSub.InitAsync(CancellationToken.None);
        _opened.Add(pubSub);
        return pubSub;
    }

    protected Task PublishAsync(IPubSub pubSub, string text) =>
        pubSub.PublishAsync(new BrokerMessage(Topic, Encoding.UTF8.GetBytes(text), NoMetadata), CancellationToken.None);

    /// <summary>Subscribes; what is delivered can be read from the answer.</summary>
    protected async Task<ChannelReader<string>> SubscribeAsync(IPubSub pubSub, BrokerHandler? then = null, CancellationToken lifetime = default)
    {
        var received = Channel.CreateBounded<string>(100_000);
        await pubSub.SubscribeAsync(Topic, NoMetadata, async (message, cancellationToken) =>
        {
            await received.Writer.WriteAsync(Encoding.UTF8.GetString(message.Data), cancellationToken);
            await (then?.Invoke(message, cancellationToken) ?? Task.CompletedTask);
        }, lifetime);
        return received.Reader;
    }

    protected static async Task<string> NextAsync(ChannelReader<string> received)
    {
        using var limit = new CancellationTokenSource(Components.Patience);
        return await received.ReadAsync(limit.Token);
    }

    protected static async Task<HashSet<string>> TakeAsync(ChannelReader<string> received, int count)
    {
        var messages = new HashSet<string>();
        while (messages.Count < count)
            messages.Add(await NextAsync(received));
        return messages;
    }

    [Fact]
    public async Task Data_and_metadata_arrive_as_published()
    {
        var pubSub = await OpenAsync();
        var received = new TaskCompletionSource<BrokerMessage>();
        await pubSub.SubscribeAsync(Topic, NoMetadata, (message, _) =>
        {
            received.TrySetResult(message);
            return Task.CompletedTask;
        }, CancellationToken.None);

        await pubSub.PublishAsync(new BrokerMessage(Topic, [0, 1, 255], new Dictionary<string, string> { ["key"] = "välue" }), CancellationToken.None);

        var message = await received.Task.WaitAsync(Components.Patience);
        Assert.Equal(Topic, message.Topic);
        Assert.Equal([0, 1, 255], message.Data);
        Assert.Equal("välue", message.Metadata["key"]);
    }

    [Fact]
    public async Task Consumers_of_one_group_compete()
    {
        var (first, second) = (await OpenAsync(), await OpenAsync());
        var seen = new ConcurrentBag<string>();
        var all = new CountdownEvent(200);
        foreach (var consumer in new[] { first, second })
        {
            await consumer.SubscribeAsync(Topic, NoMetadata, (message, _) =>
            {
                seen.Add(Encoding.UTF8.GetString(message.Data));
                all.Signal();
                return Task.CompletedTask;
            }, CancellationToken.None);
        }

        for (var i = 0; i < 200; i++)
            await PublishAsync(first, $"{i}");

        Assert.True(await Task.Run(() => all.Wait(Components.Patience)));
        Assert.Equal(200, seen.Distinct().Count());
    }

    [Fact]
    public async Task Every_group_gets_every_message()
    {
        var one = await SubscribeAsync(await OpenAsync(("consumerID", $"one-{Topic}")));
        var two = await SubscribeAsync(await OpenAsync(("consumerID", $"two-{Topic}")));

        await PublishAsync(await OpenAsync(), "for all");

        Assert.Equal(("for all", "for all"), (await NextAsync(one), await NextAsync(two)));
    }

    [Fact]
    public async Task A_new_group_starts_with_the_oldest_message_that_is_kept()
    {
        var pubSub = await OpenAsync(("concurrency", "1"));
        await PublishAsync(pubSub, "before");

        var received = await SubscribeAsync(pubSub);
        await PublishAsync(pubSub, "after");

        Assert.Equal(("before", "after"), (await NextAsync(received), await NextAsync(received)));
    }

    [Fact]
    public async Task One_worker_delivers_in_order()
    {
        var pubSub = await OpenAsync(("concurrency", "1"));
        var received = await SubscribeAsync(pubSub);

        for (var i = 0; i < 300; i++)
            await PublishAsync(pubSub, $"{i}");

        for (var i = 0; i < 300; i++)
            Assert.Equal($"{i}", await NextAsync(received));
    }

    [Fact]
    public async Task No_more_handlers_run_at_a_time_than_concurrency_allows()
    {
        var pubSub = await OpenAsync(("concurrency", "3"), ("processingTimeout", "60000"));
        var (running, most) = (0, 0);
        var (entered, go) = (new SemaphoreSlim(0), new SemaphoreSlim(0));
        var received = await SubscribeAsync(pubSub, async (_, cancellationToken) =>
        {
            var now = Interlocked.Increment(ref running);
            InterlockedMax(ref most, now);
            entered.Release();
            await go.WaitAsync(cancellationToken);
            Interlocked.Decrement(ref running);
        });

        for (var i = 0; i < 12; i++)
            await PublishAsync(pubSub, $"{i}");
        for (var i = 0; i < 3; i++)
            Assert.True(await entered.WaitAsync(Components.Patience));
        go.Release(12);
        await TakeAsync(received, 12);

        Assert.Equal(3, most);
    }

    [Fact]
    public async Task A_message_whose_handler_failed_is_acknowledged()
    {
        var pubSub = await OpenAsync(("concurrency", "1"));
        var received = await SubscribeAsync(pubSub, (message, _) => throw new InvalidOperationException("refused"));
        await PublishAsync(pubSub, "fails");
        await NextAsync(received);
        await PublishAsync(pubSub, "shows that the one before is done with");
        await NextAsync(received);
        await pubSub.DisposeAsync();

        var again = await OpenAsync(("concurrency", "1"), ("processingTimeout", "1"));
        var afterwards = await SubscribeAsync(again);
        await PublishAsync(again, "next");

        for (var message = await NextAsync(afterwards); message != "next"; message = await NextAsync(afterwards))
            Assert.NotEqual("fails", message);
    }

    [Fact]
    public async Task What_was_not_finished_when_the_process_ended_comes_again()
    {
        var dying = await OpenAsync();
        var started = await SubscribeAsync(dying, (_, cancellationToken) => Components.UntilCancelledAsync(cancellationToken));
        await PublishAsync(dying, "unfinished");
        await NextAsync(started);
        await dying.DisposeAsync();

        var received = await SubscribeAsync(await OpenAsync());

        Assert.Equal("unfinished", await NextAsync(received));
    }

    [Fact]
    public async Task A_handler_that_takes_too_long_goes_on_while_its_message_comes_again()
    {
        var pubSub = await OpenAsync(("processingTimeout", "100"));
        var attempts = 0;
        var first = new TaskCompletionSource();
        var received = await SubscribeAsync(pubSub, (_, cancellationToken) =>
            Interlocked.Increment(ref attempts) == 1 ? first.Task.WaitAsync(cancellationToken) : Task.CompletedTask);

        await PublishAsync(pubSub, "slow");

        Assert.Equal(("slow", "slow"), (await NextAsync(received), await NextAsync(received)));
        first.SetResult();
        await PublishAsync(pubSub, "next");
        Assert.Equal("next", await NextAsync(received));
    }

    [Fact]
    public async Task Many_publishers_in_parallel_lose_nothing()
    {
        var pubSub = await OpenAsync();
        var received = await SubscribeAsync(pubSub);

        await Task.WhenAll(Enumerable.Range(0, 64).Select(publisher => Task.Run(async () =>
        {
            for (var i = 0; i < 25; i++)
                await PublishAsync(pubSub, $"{publisher}-{i}");
        })));

        Assert.Equal(64 * 25, (await TakeAsync(received, 64 * 25)).Count);
    }

    [Fact]
    public async Task A_subscription_ends_with_its_lifetime_and_another_takes_over()
    {
        var (first, second) = (await OpenAsync(), await OpenAsync());
        using var lifetime = new CancellationTokenSource();
        await SubscribeAsync(first, lifetime: lifetime.Token);
        var received = await SubscribeAsync(second);

        await lifetime.CancelAsync();
        for (var i = 0; i < 20; i++)
            await PublishAsync(second, $"{i}");

        Assert.Equal(20, (await TakeAsync(received, 20)).Count);
    }

    private static void InterlockedMax(ref int most, int value)
    {
        int seen;
        while ((seen = Volatile.Read(ref most)) < value && Interlocked.CompareExchange(ref most, value, seen) != seen) ;
    }
}
