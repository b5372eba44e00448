namespace ImDapr.LocalDapr.PubSub;

/// <summary>Deliveries to one app: none begins once it is closed, and those that run may end before the app is let go.</summary>
internal sealed class DeliveryGate
{
    private readonly Lock _lock = new();
    private readonly TaskCompletionSource _left = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _inside;
    private bool _closed;

    /// <summary>Runs a delivery. One that comes too late waits to be cancelled: its component keeps the message and delivers it again.</summary>
    public async Task RunAsync(Func<Task> delivery, CancellationToken cancellationToken)
    {
        if (!TryEnter())
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
        try
        {
            await delivery();
        }
        finally
        {
            Leave();
        }
    }

    /// <summary>Completes when the last delivery has ended.</summary>
    public Task CloseAsync()
    {
        lock (_lock)
        {
            _closed = true;
            if (_inside == 0)
                _left.TrySetResult();
        }
        return _left.Task;
    }

    private bool TryEnter()
    {
        lock (_lock)
        {
            if (!_closed)
                _inside++;
            return !_closed;
        }
    }

    private void Leave()
    {
        lock (_lock)
        {
            if (--_inside == 0 && _closed)
                _left.TrySetResult();
        }
    }
}
