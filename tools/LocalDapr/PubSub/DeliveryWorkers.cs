using System.Threading.Channels;

namespace ImDapr.LocalDapr.PubSub;

/// <summary>A message on its way to its handler.</summary>
/// <param name="Id">The broker's own id of it, for logs.</param>
/// <param name="Acknowledge">Tells the broker that it is done with.</param>
/// <param name="Return">Tells the broker that it is not; it will be delivered again.</param>
/// <param name="Lifetime">Of the subscription.</param>
internal sealed record QueuedMessage(
    string Id, BrokerMessage Message, BrokerHandler Handler, Func<Task> Acknowledge, Action Return, CancellationToken Lifetime);

/// <summary>
/// The queue and the workers of a broker component, shared by all its topics, as in daprd. A message whose handler returned or threw is
/// acknowledged; one whose handler was cancelled, or failed after its time, is not.
/// </summary>
internal sealed partial class DeliveryWorkers : IAsyncDisposable
{
    private readonly DeliveryOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Channel<QueuedMessage> _queue;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task[] _workers;

    public DeliveryWorkers(DeliveryOptions options, TimeProvider time, ILogger logger)
    {
        _options = options;
        _time = time;
        _logger = logger;
        _queue = Channel.CreateBounded<QueuedMessage>(options.QueueDepth);
        _workers = [.. Enumerable.Range(0, options.Concurrency).Select(_ => Task.Run(WorkAsync))];
    }

    /// <summary>Waits while the queue is full.</summary>
    public ValueTask EnqueueAsync(QueuedMessage delivery, CancellationToken cancellationToken) => _queue.Writer.WriteAsync(delivery, cancellationToken);

    /// <summary>Cancels the handlers, waits for them, and returns what was still waiting.</summary>
    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        await _stop.CancelAsync();
        await Task.WhenAll(_workers);
        _stop.Dispose();
    }

    // After the stop the rest of the queue is taken too, only to be returned.
    private async Task WorkAsync()
    {
        while (await NextAsync() is { } delivery)
            await DeliverAsync(delivery);
    }

    // Each worker asks for a message and not whether there is one: that question would wake all of them for every message.
    private async ValueTask<QueuedMessage?> NextAsync()
    {
        try
        {
            return await _queue.Reader.ReadAsync();
        }
        catch (ChannelClosedException)
        {
            return null; // stopped, and nothing is left
        }
    }

    private async Task DeliverAsync(QueuedMessage delivery)
    {
        if (delivery.Lifetime.IsCancellationRequested || _stop.IsCancellationRequested)
            delivery.Return();
        else if (await HandleAsync(delivery))
            await AcknowledgeAsync(delivery);
        else
            delivery.Return();
    }

    // Running out of time does not end a handler, as in daprd; it only says what a failure after it means.
    /// <returns>False when the handler was cancelled, or failed after its time.</returns>
    private async Task<bool> HandleAsync(QueuedMessage delivery)
    {
        var start = _time.GetTimestamp();
        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(delivery.Lifetime, _stop.Token);
        try
        {
            await delivery.Handler(delivery.Message, cancellation.Token);
            return true;
        }
        catch (Exception error)
        {
            if (cancellation.IsCancellationRequested)
                return false;
            if (_options.Redelivers && _time.GetElapsedTime(start) >= _options.ProcessingTimeout)
            {
                LogTimedOut(_logger, delivery.Id, delivery.Message.Topic, _options.ProcessingTimeout);
                return false;
            }
            LogFailed(_logger, delivery.Id, delivery.Message.Topic, error);
            return true;
        }
    }

    // An acknowledgement that fails means one delivery more, which every handler must bear anyway.
    private async Task AcknowledgeAsync(QueuedMessage delivery)
    {
        try
        {
            await delivery.Acknowledge();
        }
        catch (Exception error)
        {
            LogNotAcknowledged(_logger, delivery.Id, delivery.Message.Topic, error);
            delivery.Return();
        }
    }

    [LoggerMessage(9311, LogLevel.Error, "Message {Id} of {Topic} failed and is acknowledged all the same, as daprd does")]
    private static partial void LogFailed(ILogger logger, string id, string topic, Exception error);

    [LoggerMessage(9312, LogLevel.Warning, "Message {Id} of {Topic} failed after more than {Limit}; it will be delivered again")]
    private static partial void LogTimedOut(ILogger logger, string id, string topic, TimeSpan limit);

    [LoggerMessage(9313, LogLevel.Warning, "Message {Id} of {Topic} could not be acknowledged; it may be delivered again")]
    private static partial void LogNotAcknowledged(ILogger logger, string id, string topic, Exception error);
}
