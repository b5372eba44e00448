namespace ImDapr.LocalDapr.Policies;

/// <summary>What applies to one target and direction; each part may be absent.</summary>
/// <remarks>Nested as in daprd: retry around circuit breaker around timeout around the call.</remarks>
public sealed record ResiliencyPolicy(RetryPolicy? Retry, TimeSpan? Timeout, CircuitBreaker? Breaker = null)
{
    public static readonly ResiliencyPolicy None = new(null, null);

    /// <param name="call">What to run.</param>
    /// <param name="isPermanent">Whether an error is not worth another try.</param>
    /// <param name="time">Clock.</param>
    /// <param name="cancellationToken">Ends the waiting and the call.</param>
    /// <exception cref="TimeoutException">The call took longer than it may.</exception>
    /// <exception cref="CircuitOpenException">The call was not made.</exception>
    public async Task RunAsync(
        Func<CancellationToken, Task> call, Func<Exception, bool> isPermanent, TimeProvider time, CancellationToken cancellationToken)
    {
        if (Retry is null)
        {
            await RunOnceAsync(call, time, cancellationToken);
            return;
        }
        var start = time.GetTimestamp();
        for (var retry = 1; ; retry++)
        {
            TimeSpan? delay;
            try
            {
                await RunOnceAsync(call, time, cancellationToken);
                return;
            }
            catch (Exception error) when (!cancellationToken.IsCancellationRequested && error is not CircuitOpenException && !isPermanent(error) && Retry.Covers(error))
            {
                delay = Retry.Delay(retry, time.GetElapsedTime(start), Random.Shared.NextDouble());
                if (delay is null)
                    throw;
            }
            await Task.Delay(delay.Value, time, cancellationToken);
        }
    }

    private Task RunOnceAsync(Func<CancellationToken, Task> call, TimeProvider time, CancellationToken cancellationToken) => Breaker is null
        ? RunInTimeAsync(call, time, cancellationToken)
        : Breaker.RunAsync(() => RunInTimeAsync(call, time, cancellationToken));

    private Task RunInTimeAsync(Func<CancellationToken, Task> call, TimeProvider time, CancellationToken cancellationToken) =>
        Timeout is { } limit && limit > TimeSpan.Zero ? RunWithinAsync(limit, call, time, cancellationToken) : call(cancellationToken);

    private static async Task RunWithinAsync(TimeSpan limit, Func<CancellationToken, Task> call, TimeProvider time, CancellationToken cancellationToken)
    {
        using var timer = new CancellationTokenSource(limit, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timer.Token);
        try
        {
            await call(both.Token);
        }
        catch (Exception error) when (timer.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException("context deadline exceeded", error);
        }
    }
}
