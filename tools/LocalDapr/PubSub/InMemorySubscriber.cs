namespace ImDapr.LocalDapr.PubSub;

/// <summary>A handler on the in-memory bus, and its turn: it gets one message at a time, and each once.</summary>
internal sealed partial class InMemorySubscriber : IAsyncDisposable
{
    private readonly string _topic;
    private readonly BrokerHandler _handler;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _end;
    private readonly SemaphoreSlim _turn = new(1);

    public InMemorySubscriber(string topic, BrokerHandler handler, CancellationToken lifetime, CancellationToken stop, ILogger logger)
    {
        (_topic, _handler, _logger) = (topic, handler, logger);
        _end = CancellationTokenSource.CreateLinkedTokenSource(lifetime, stop);
    }

    public void WhenEnded(Action action) => _end.Token.Register(action);

    // What stands for the star is never empty.
    public bool Wants(string topic) => topic == _topic
        || (_topic.EndsWith('*') && topic.Length >= _topic.Length && topic.StartsWith(_topic.AsSpan()[..^1], StringComparison.Ordinal));

    /// <summary>Returns when the handler has begun with the message, which is when it has ended with the one before.</summary>
    public async Task GiveAsync(BrokerMessage message)
    {
        // Not cancelled: the end of the subscription ends the handler before, and so frees the turn.
        await _turn.WaitAsync(CancellationToken.None);
        _ = Task.Run(() => HandleAsync(message), CancellationToken.None); // awaited by whoever has the next turn
    }

    /// <summary>Ends the handler and waits for it.</summary>
    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _turn.WaitAsync(CancellationToken.None);
        _turn.Release();
    }

    // The topic that a handler sees is the one that it subscribed to, star included, as in daprd.
    private async Task HandleAsync(BrokerMessage message)
    {
        try
        {
            if (!_end.IsCancellationRequested)
                await _handler(message with { Topic = _topic }, _end.Token);
        }
        catch (Exception error)
        {
            LogFailed(message.Topic, error);
        }
        finally
        {
            _turn.Release();
        }
    }

    [LoggerMessage(9341, LogLevel.Error, "A message of {Topic} failed and is lost, as in daprd")]
    private partial void LogFailed(string topic, Exception error);
}
