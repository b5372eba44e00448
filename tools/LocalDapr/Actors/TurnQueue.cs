namespace ImDapr.LocalDapr.Actors;

/// <summary>Turns of one actor: one call at a time, first come first served. A chain of calls with one id may re-enter, if that is enabled.</summary>
/// <remarks>
/// Without a limit of length, like daprd's: callers bound it, each waits for its own call. And like daprd's it counts a call that it refused as too deep
/// among those that are in: such a chain keeps its turn for ever, and the actor answers nobody until it is deactivated.
/// </remarks>
public sealed class TurnQueue(bool reentrant, int maxDepth)
{
    private readonly Lock _gate = new();
    private readonly LinkedList<Turn> _turns = [];
    private TaskCompletionSource? _emptied;

    /// <summary>Completes when it is the caller's turn; <see cref="Exit"/> must follow.</summary>
    /// <exception cref="ActorUnavailableException">The queue is closed.</exception>
    /// <exception cref="ActorApiException">The chain is too deep.</exception>
    public ValueTask<Turn> EnterAsync(string? chainId, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Turn turn;
        lock (_gate)
        {
            turn = Join(chainId) ?? Append(chainId);
            if (turn.Started)
                return new ValueTask<Turn>(turn);

            turn.Signal ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        return WaitAsync(turn, cancellationToken);
    }

    public void Exit(Turn turn)
    {
        lock (_gate)
            Leave(turn, 1);
    }

    /// <summary>Lets nobody in any more; those who are in or waiting go on. Completes when the last has left.</summary>
    public Task Close()
    {
        lock (_gate)
        {
            if (_emptied is not null)
                return _emptied.Task;

            _emptied = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            foreach (var turn in _turns.ToArray())
                Leave(turn, turn.Refused);

            if (_turns.Count == 0)
                _emptied.TrySetResult();

            return _emptied.Task;
        }
    }

    private void Leave(Turn turn, int calls)
    {
        turn.Depth -= calls;
        if (calls == 0 || turn.Depth > 0)
            return;

        _turns.Remove(turn.Node!);
        if (_turns.First is { Value: { Started: false } next })
            next.Start();

        if (_turns.Count == 0)
            _emptied?.TrySetResult();
    }

    private Turn? Join(string? chainId)
    {
        if (!reentrant || chainId is null)
            return null;

        foreach (var turn in _turns)
        {
            if (turn.ChainId != chainId)
                continue;

            if (++turn.Depth <= maxDepth)
                return turn;

            turn.Refused++;
            throw ActorApiException.StackDepth();
        }

        return null;
    }

    private Turn Append(string? chainId)
    {
        if (_emptied is not null)
            throw new ActorUnavailableException("actor is closed");

        var turn = new Turn(chainId);
        turn.Node = _turns.AddLast(turn);
        if (_turns.Count == 1)
            turn.Start();

        return turn;
    }

    private async ValueTask<Turn> WaitAsync(Turn turn, CancellationToken cancellationToken)
    {
        try
        {
            await turn.Signal!.Task.WaitAsync(cancellationToken);
            return turn;
        }
        catch (OperationCanceledException)
        {
            // It may have become this caller's turn in the same moment: leaving passes it on.
            Exit(turn);
            throw;
        }
    }

    /// <summary>A place in the queue, shared by the calls of one chain.</summary>
    public sealed class Turn(string? chainId)
    {
        internal string? ChainId => chainId;

        internal int Depth { get; set; } = 1;

        /// <summary>Of the depth, calls that were refused and will not leave.</summary>
        internal int Refused { get; set; }

        internal bool Started { get; private set; }

        internal TaskCompletionSource? Signal { get; set; }

        internal LinkedListNode<Turn>? Node { get; set; }

        internal void Start()
        {
            Started = true;
            Signal?.TrySetResult();
        }
    }
}
