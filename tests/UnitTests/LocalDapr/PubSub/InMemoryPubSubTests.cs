using System.Text;
using System.Threading.Channels;
using ImDapr.LocalDapr.PubSub;
using Microsoft.Extensions.Logging.Abstractions;

namespace ImDapr.UnitTests.LocalDapr.PubSub;

public sealed class InMemoryPubSubTests : IAsyncLifetime
{
    private static readonly Dictionary<string, string> NoMetadata = [];

    private readonly Channel<BrokerMessage> _received = Channel.CreateUnbounded<BrokerMessage>();
    private readonly IPubSub _bus = Create();

    public Task InitializeAsync() => _bus.InitAsync(CancellationToken.None);

    public async Task DisposeAsync() => await _bus.DisposeAsync();

    [Fact]
    public async Task Data_and_metadata_arrive_as_published()
    {
        await SubscribeAsync("orders");

        await _bus.PublishAsync(new BrokerMessage("orders", [0, 1, 255], new Dictionary<string, string> { ["key"] = "value" }), CancellationToken.None);

        var message = await NextAsync();
        Assert.Equal(("orders", "value"), (message.Topic, message.Metadata["key"]));
        Assert.Equal([0, 1, 255], message.Data);
    }

    [Fact]
    public async Task Every_subscriber_gets_every_message_in_order()
    {
        await SubscribeAsync("orders");
        await SubscribeAsync("orders");

        for (var i = 0; i < 100; i++)
            await PublishAsync("orders", $"{i}");

        var messages = new List<string>();
        for (var i = 0; i < 200; i++)
            messages.Add(await TextAsync());
        Assert.Equal(Enumerable.Range(0, 100).SelectMany(i => new[] { $"{i}", $"{i}" }), messages.OrderBy(int.Parse));
        Assert.Equal("0", messages[0]);
        Assert.Equal("99", messages[^1]);
    }

    [Fact]
    public async Task What_nobody_is_subscribed_to_is_lost()
    {
        await PublishAsync("orders", "before");
        await SubscribeAsync("orders");
        await PublishAsync("other", "elsewhere");
        await PublishAsync("orders", "after");

        Assert.Equal("after", await TextAsync());
    }

    [Fact]
    public async Task Another_sidecars_bus_is_another_one()
    {
        await using var other = Create();
        await other.InitAsync(CancellationToken.None);
        await SubscribeAsync("orders");

        await other.PublishAsync(Message("orders", "there"), CancellationToken.None);
        await PublishAsync("orders", "here");

        Assert.Equal("here", await TextAsync());
    }

    [Theory]
    [InlineData("orders*", "orders1", true)]
    [InlineData("orders*", "orders/new/1", true)]
    [InlineData("*", "orders", true)]
    [InlineData("orders*", "orders*", true)]
    [InlineData("orders*", "orders", false)]
    [InlineData("orders*", "Orders1", false)]
    [InlineData("or*ers", "orders", false)]
    [InlineData("orders", "orders1", false)]
    public async Task A_star_at_the_end_stands_for_at_least_one_letter(string subscribed, string published, bool arrives)
    {
        await SubscribeAsync(subscribed);

        await PublishAsync(published, "1");
        await PublishAsync(published, "2"); // returns when the first was handled

        Assert.Equal(arrives, _received.Reader.TryRead(out var message));
        Assert.Equal(arrives ? subscribed : null, message?.Topic);
    }

    [Fact]
    public async Task A_publisher_waits_for_the_handler_of_the_message_before()
    {
        var go = new TaskCompletionSource();
        await SubscribeAsync("orders", _ => go.Task);
        await PublishAsync("orders", "1");
        Assert.Equal("1", await TextAsync());

        var second = PublishAsync("orders", "2");
        Assert.False(second.IsCompleted);
        go.SetResult();
        await second.WaitAsync(Components.Patience);

        Assert.Equal("2", await TextAsync());
    }

    [Fact]
    public async Task A_publisher_that_gives_up_does_not_take_its_message_back()
    {
        var go = new TaskCompletionSource();
        using var cancelled = new CancellationTokenSource();
        await SubscribeAsync("orders", _ => go.Task);
        await PublishAsync("orders", "1");

        var second = _bus.PublishAsync(Message("orders", "2"), cancelled.Token);
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        go.SetResult();

        Assert.Equal(("1", "2"), (await TextAsync(), await TextAsync()));
    }

    [Fact]
    public async Task A_handler_that_fails_costs_its_message_and_nothing_else()
    {
        await SubscribeAsync("orders", _ => throw new InvalidOperationException("refused"));

        await PublishAsync("orders", "1");
        await PublishAsync("orders", "2");
        await PublishAsync("orders", "3");

        Assert.Equal(("1", "2", "3"), (await TextAsync(), await TextAsync(), await TextAsync()));
    }

    [Fact]
    public async Task A_subscription_ends_with_its_lifetime()
    {
        using var lifetime = new CancellationTokenSource();
        await SubscribeAsync("orders", Components.UntilCancelledAsync, lifetime.Token);
        await PublishAsync("orders", "1");
        Assert.Equal("1", await TextAsync());

        await lifetime.CancelAsync();
        await PublishAsync("orders", "2").WaitAsync(Components.Patience);
        await SubscribeAsync("orders");
        await PublishAsync("orders", "3");

        Assert.Equal("3", await TextAsync());
    }

    [Fact]
    public async Task A_closed_bus_takes_nothing_and_its_handlers_have_ended()
    {
        var ended = false;
        await SubscribeAsync("orders", async cancellationToken =>
        {
            try
            {
                await Components.UntilCancelledAsync(cancellationToken);
            }
            finally
            {
                ended = true;
            }
        });
        await PublishAsync("orders", "1");
        await TextAsync();

        await _bus.DisposeAsync();

        Assert.True(ended);
        var error = await Assert.ThrowsAsync<ObjectDisposedException>(() => PublishAsync("orders", "2"));
        Assert.StartsWith("component is closed", error.Message);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => SubscribeAsync("orders"));
    }

    private static IPubSub Create() => PubSubs.Create(Components.Spec("pubsub.in-memory", "/"), TimeProvider.System, NullLoggerFactory.Instance);

    private static BrokerMessage Message(string topic, string text) => new(topic, Encoding.UTF8.GetBytes(text), NoMetadata);

    private Task PublishAsync(string topic, string text) => _bus.PublishAsync(Message(topic, text), CancellationToken.None);

    private Task SubscribeAsync(string topic, Func<CancellationToken, Task>? then = null, CancellationToken lifetime = default) =>
        _bus.SubscribeAsync(topic, NoMetadata, async (message, cancellationToken) =>
        {
            _received.Writer.TryWrite(message);
            await (then?.Invoke(cancellationToken) ?? Task.CompletedTask);
        }, lifetime);

    private Task<BrokerMessage> NextAsync() => _received.Reader.ReadAsync().AsTask().WaitAsync(Components.Patience);

    private async Task<string> TextAsync() => Encoding.UTF8.GetString((await NextAsync()).Data);
}
