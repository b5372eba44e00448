namespace ImDapr.LocalDapr.Actors;

/// <summary>An actor that is active on one host: its turns, and its end (idle, moved, or lost with its host).</summary>
public sealed partial class HostedActor
{
    // An app that does not answer a deactivation must not hold a rebalancing for ever.
    private static readonly TimeSpan DeactivationTimeout = TimeSpan.FromSeconds(5);

    private readonly ActorTypeConfig _config;
    private readonly ActorTransport _transport;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Action<HostedActor> _ended;
    private readonly TurnQueue _turns;
    private readonly CancellationTokenSource _closing = new();
    private readonly TaskCompletionSource _gone = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ITimer _idle;
    private long _idleAt;
    private int _retiring;
    private volatile bool _active = true;
    private volatile bool _hostLost;

    /// <param name="ended">Called when the app has deactivated it, before anybody who waits for that goes on.</param>
    public HostedActor(
        string type, string id, ActorTypeConfig config, ActorTransport transport, TimeProvider time, ILogger logger,
        Action<HostedActor> ended)
    {
        (Type, Id, _config, _transport, _time, _logger, _ended) = (type, id, config, transport, time, logger, ended);
        _turns = new TurnQueue(config.Reentrant, config.MaxStackDepth);
        Touch();
        // _closing is never disposed: late callers may still link to it, and without a timer it holds nothing.
        _idle = time.CreateTimer(static actor => ((HostedActor)actor!).OnIdleTimer(), this, config.IdleTimeout, Timeout.InfiniteTimeSpan);
    }

    public string Type { get; }

    public string Id { get; }

    /// <summary>False from the moment on in which it is told to deactivate: it can save nothing any more.</summary>
    public bool Active => _active;

    /// <summary>Completes when the app has deactivated it and it may start elsewhere. Never fails.</summary>
    public Task Gone => _gone.Task;

    /// <exception cref="ActorUnavailableException">It ended before or while the call ran.</exception>
    public async ValueTask<ActorReply> InvokeAsync(ActorCall call, CancellationToken cancellationToken)
    {
        var chainId = _config.Reentrant ? call.ChainId ?? Guid.NewGuid().ToString() : call.ChainId;
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _closing.Token);
        try
        {
            var turn = await EnterAsync(chainId, linked.Token);
            try
            {
                Touch();
                return await _transport.InvokeAsync(call, chainId, linked.Token);
            }
            finally
            {
                _turns.Exit(turn);
            }
        }
        catch (OperationCanceledException e) when (_closing.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new ActorUnavailableException($"actor {Type}/{Id} was closed while the call ran", Gone, e);
        }
    }

    /// <summary>Ends it once: running and waiting calls get <paramref name="drain"/>, then they are cut off; then the app deactivates it.</summary>
    public Task RetireAsync(TimeSpan drain) => Interlocked.Exchange(ref _retiring, 1) == 0 ? RetireOnceAsync(drain) : Gone;

    /// <summary>The host's process is gone: nothing to wait for and nobody to tell.</summary>
    public Task AbandonAsync()
    {
        _hostLost = true;
        _closing.Cancel();
        return RetireAsync(TimeSpan.Zero);
    }

    private ValueTask<TurnQueue.Turn> EnterAsync(string? chainId, CancellationToken cancellationToken)
    {
        try
        {
            return _turns.EnterAsync(chainId, cancellationToken);
        }
        catch (ActorUnavailableException e)
        {
            throw new ActorUnavailableException(e.Message, Gone, e);
        }
    }

    private void Touch() => Volatile.Write(ref _idleAt, (_time.GetUtcNow() + _config.IdleTimeout).UtcTicks);

    // One timer for the whole life: a call only moves the hour, which costs less than setting the timer again.
    private void OnIdleTimer()
    {
        var left = TimeSpan.FromTicks(Volatile.Read(ref _idleAt) - _time.GetUtcNow().UtcTicks);
        if (left > TimeSpan.Zero)
            _idle.Change(left, Timeout.InfiniteTimeSpan);
        else
            _ = RetireAsync(TimeSpan.Zero); // its end is Gone, for which the host waits; it never fails
    }

    private async Task RetireOnceAsync(TimeSpan drain)
    {
        try
        {
            await DrainAsync(drain);
            _active = false;
            if (!_hostLost)
                await DeactivateAsync();
        }
        finally
        {
            _ended(this);
            _idle.Dispose();
            _gone.SetResult();
        }
    }

    private async Task DrainAsync(TimeSpan drain)
    {
        var emptied = _turns.Close();
        try
        {
            if (drain > TimeSpan.Zero)
                await emptied.WaitAsync(drain, _time, _closing.Token);
        }
        catch (TimeoutException)
        {
            Log.CutOff(_logger, Type, Id, drain);
        }
        catch (OperationCanceledException) when (_hostLost)
        {
            Log.Lost(_logger, Type, Id);
        }

        await _closing.CancelAsync();
        await emptied;
    }

    private async Task DeactivateAsync()
    {
        using var timeout = new CancellationTokenSource(DeactivationTimeout, _time);
        try
        {
            if (await _transport.DeactivateAsync(Type, Id, timeout.Token) is { } refusal)
                Log.NotDeactivated(_logger, Type, Id, refusal);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
        {
            Log.NotDeactivated(_logger, Type, Id, e.Message);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(9401, LogLevel.Warning, "Calls of actor {Type}/{Id} did not end within {Drain}: they are cut off")]
        public static partial void CutOff(ILogger logger, string type, string id, TimeSpan drain);

        [LoggerMessage(9405, LogLevel.Warning, "Actor {Type}/{Id} is lost with its host")]
        public static partial void Lost(ILogger logger, string type, string id);

        [LoggerMessage(9402, LogLevel.Warning, "Actor {Type}/{Id} could not be deactivated by its app: {Reason}")]
        public static partial void NotDeactivated(ILogger logger, string type, string id, string reason);
    }
}
