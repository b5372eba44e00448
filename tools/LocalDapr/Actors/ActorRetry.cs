namespace ImDapr.LocalDapr.Actors;

/// <summary>daprd's built-in retry for actors that are not where they were looked for: five times after a second each; sooner when hosts change.</summary>
/// <remarks>A look that a change of hosts called for costs no attempt: such changes are few, and the second had not passed.</remarks>
internal sealed class ActorRetry(TimeProvider time)
{
    private const int MaxRetries = 5;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);
    private int _retries;

    public bool MayGoOn => _retries < MaxRetries;

    public async Task WaitAsync(ActorUnavailableException cause, Task changed, CancellationToken cancellationToken)
    {
        if (cause.Until is { } until)
        {
            _retries++;
            await until.WaitAsync(cancellationToken);
            return;
        }

        using var pause = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var first = await Task.WhenAny(changed, Task.Delay(Pause, time, pause.Token));
        if (first != changed)
            _retries++;

        await pause.CancelAsync();
        cancellationToken.ThrowIfCancellationRequested();
    }
}
