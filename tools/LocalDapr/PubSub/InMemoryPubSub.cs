using ImDapr.LocalDapr.Resources;

namespace ImDapr.LocalDapr.PubSub;

/// <summary>
/// <c>pubsub.in-memory</c>: a bus inside one sidecar. A subscriber sees what its own sidecar's app publishes while it is subscribed; nothing is
/// stored, nothing comes again, and a topic that ends with <c>*</c> stands for all that begin like it.
/// </summary>
/// <remarks>
/// A message waits until the handler of the one before is done, and its publisher waits with it: a handler that publishes to its own topic and
/// waits for the answer waits for itself, as it would with daprd.
/// </remarks>
internal sealed class InMemoryPubSub(ComponentSpec spec, ILoggerFactory loggers) : IPubSub
{
    private readonly ILogger _logger = loggers.CreateLogger<InMemoryPubSub>();
    private readonly Lock _lock = new();
    private readonly List<InMemorySubscriber> _subscribers = [];
    private readonly CancellationTokenSource _stop = new();
    private bool _closed;

    public Task InitAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    // A publisher that gives up does not take its message back: daprd goes on with it too.
    public Task PublishAsync(BrokerMessage message, CancellationToken cancellationToken) => DeliverAsync(message).WaitAsync(cancellationToken);

    public Task SubscribeAsync(string topic, IReadOnlyDictionary<string, string> metadata, BrokerHandler handler, CancellationToken lifetime)
    {
        var subscriber = new InMemorySubscriber(topic, handler, lifetime, _stop.Token, _logger);
        lock (_lock)
        {
            ThrowIfClosed();
            _subscribers.Add(subscriber);
        }
        subscriber.WhenEnded(() => Remove(subscriber));
        return Task.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        List<InMemorySubscriber> subscribers;
        lock (_lock)
        {
            if (_closed)
                return;
            _closed = true;
            subscribers = [.. _subscribers];
        }
        await _stop.CancelAsync();
        foreach (var subscriber in subscribers)
            await subscriber.DisposeAsync();
        _stop.Dispose();
    }

    private async Task DeliverAsync(BrokerMessage message)
    {
        List<InMemorySubscriber> subscribers;
        lock (_lock)
        {
            ThrowIfClosed();
            subscribers = [.. _subscribers.Where(subscriber => subscriber.Wants(message.Topic))];
        }
        foreach (var subscriber in subscribers)
            await subscriber.GiveAsync(message);
    }

    private void Remove(InMemorySubscriber subscriber)
    {
        lock (_lock)
            _subscribers.Remove(subscriber);
    }

    private void ThrowIfClosed()
    {
        if (_closed)
            throw new ObjectDisposedException(spec.Name, "component is closed");
    }
}
