namespace ImDapr.LocalDapr.Actors;

/// <summary>One call at a time for one actor, in the order of arrival; a waiter that gives up leaves the queue. Reentrant calls join the running one.</summary>
public sealed class ActorTurns(bool reentrant, int maxStackDepth)
{
    private readonly Lock _gate = new();
    private readonly LinkedList<TaskCompletionSource> _waiting = [];
    private readonly TaskCompletionSource _gone = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _busy;
    private bool _closed;
    private string? _chain;
    private int _depth;

    public bool IsIdle
    {
        get
        {
            lock (_gate)
                return !_busy && _waiting.Count == 0;
        }
    }

    /// <summary>Takes the turn.</summary>
    /// <param name="chain">Reentrancy id of the call, or null.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <exception cref="ActorMovedException">The actor is being, or has been, moved or deactivated.</exception>
    public async ValueTask<Turn> EnterAsync(string? chain, CancellationToken cancellationToken)
    {
        LinkedListNode<TaskCompletionSource> node;
        lock (_gate)
        {
            if (_closed)
                throw Moved();
            if (reentrant && chain is not null && _busy && chain == _chain)
                return Join();
            if (!_busy)
                return Begin(chain);
            node = _waiting.AddLast(new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        }
        await using var registration = cancellationToken.Register(() => GiveUp(node, cancellationToken));
        await node.Value.Task;
        lock (_gate)
            _chain = chain;
        return new Turn(this);
    }

    /// <summary>Takes the last turn: who waits behind it, and who comes later, is told that the actor has moved.</summary>
    /// <param name="patience">How long running calls may take.</param>
    /// <param name="time">Clock.</param>
    public async Task CloseAsync(TimeSpan patience, TimeProvider time)
    {
        TaskCompletionSource? last = null;
        lock (_gate)
        {
            _closed = true;
            foreach (var waiter in _waiting)
                waiter.TrySetException(Moved());
            _waiting.Clear();
            if (_busy)
                _waiting.AddLast(last = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        }
        if (last is not null)
            await Task.WhenAny(last.Task, Task.Delay(patience, time));
    }

    /// <summary>The actor is deactivated: who was told that it moves may try again.</summary>
    public void MarkGone() => _gone.TrySetResult();

    private ActorMovedException Moved() => new("actor is closed") { Gone = _gone.Task };

    private Turn Begin(string? chain)
    {
        _busy = true;
        _chain = chain;
        _depth = 1;
        return new Turn(this);
    }

    private Turn Join()
    {
        if (_depth >= maxStackDepth)
            throw ActorErrors.StackDepth();
        _depth++;
        return new Turn(this);
    }

    private void Leave()
    {
        lock (_gate)
        {
            if (--_depth > 0)
                return;
            while (_waiting.First is { } next)
            {
                _waiting.RemoveFirst();
                _depth = 1;
                if (next.Value.TrySetResult())
                    return;
            }
            _busy = false;
            _chain = null;
        }
    }

    private void GiveUp(LinkedListNode<TaskCompletionSource> node, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (node.List is not null && node.Value.TrySetCanceled(cancellationToken))
                _waiting.Remove(node);
        }
    }

    /// <summary>A turn that was taken; disposing it lets the next one in.</summary>
    public readonly struct Turn(ActorTurns owner) : IDisposable
    {
        public void Dispose() => owner.Leave();
    }
}
