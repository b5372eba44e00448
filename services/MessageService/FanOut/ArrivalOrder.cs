namespace ImDapr.MessageService.FanOut;

/// <summary>
/// Lets events that are worked on at the same time begin their appends in the order of their arrival: one that overtakes another finds gaps in inboxes
/// that the other is about to fill.
/// </summary>
public sealed class ArrivalOrder
{
    private readonly Lock _gate = new();
    private Task _last = Task.CompletedTask;

    /// <summary>An event has come.</summary>
    public Turn Arrive()
    {
        lock (_gate)
        {
            var turn = new Turn(_last);
            _last = turn.Ended;
            return turn;
        }
    }

    /// <summary>The place of one event.</summary>
    public sealed class Turn(Task before) : IDisposable
    {
        private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

        internal Task Ended => _ended.Task;

        /// <summary>Waits until those that came before have had their turn.</summary>
        public Task WaitAsync(CancellationToken cancellationToken) => before.WaitAsync(cancellationToken);

        /// <summary>The next one's turn.</summary>
        public void Dispose()
        {
            // Whoever gives up early still lets those before it go first.
            if (before.IsCompleted)
                _ended.TrySetResult();
            else
                before.ContinueWith(_ => _ended.TrySetResult(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }
}
