using ImDapr.Contracts;

namespace ImDapr.Chat.Connecting;

/// <summary>Waits that double from a quarter of a second up to ten, with jitter so that clients of a dead node do not return as one.</summary>
public sealed class Backoff(TimeProvider time)
{
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(250);
    private TimeSpan _next = First;

    public void Reset() => _next = First;

    /// <summary>Waits as long as the refusal asks for, but not longer than <see cref="Longest"/>; without a hint as without a refusal.</summary>
    public Task WaitAsync(Refusal refusal, CancellationToken cancellationToken) =>
        RetryHint.Of(refusal) is { } wait ? Task.Delay(wait < Longest ? wait : Longest, time, cancellationToken) : WaitAsync(cancellationToken);

    public Task WaitAsync(CancellationToken cancellationToken)
    {
        var wait = _next * (0.5 + (Random.Shared.NextDouble() / 2));
        _next = _next * 2 < Longest ? _next * 2 : Longest;
        return Task.Delay(wait, time, cancellationToken);
    }
}
