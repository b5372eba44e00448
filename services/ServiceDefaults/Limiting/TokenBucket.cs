namespace ImDapr.ServiceDefaults.Limiting;

/// <summary>How often something may happen: a steady rate, and how much of it at once after a pause.</summary>
/// <param name="PerSecond">0: as often as one likes.</param>
public readonly record struct Rate(double PerSecond, int Burst)
{
    public bool IsLimited => PerSecond > 0;

    /// <summary>Time in which an empty bucket is full again.</summary>
    public TimeSpan Refill => TimeSpan.FromSeconds(Burst / PerSecond);
}

/// <summary>A token bucket without a timer: what has flowed in meanwhile is computed when somebody takes.</summary>
public sealed class TokenBucket(Rate rate, TimeProvider time)
{
    private readonly Lock _lock = new();
    private double _tokens = rate.Burst;
    private long _since = time.GetTimestamp();

    /// <summary>Takes a token if there is one.</summary>
    /// <returns>Zero when it was taken; else the time until there is one.</returns>
    public TimeSpan Take()
    {
        lock (_lock)
        {
            Flow();
            if (_tokens < 1)
                return TimeSpan.FromSeconds((1 - _tokens) / rate.PerSecond);
            _tokens--;
            return TimeSpan.Zero;
        }
    }

    /// <summary>Nothing was taken for so long that a new bucket would be the same.</summary>
    public bool IsFull()
    {
        lock (_lock)
        {
            Flow();
            return _tokens >= rate.Burst;
        }
    }

    private void Flow()
    {
        var now = time.GetTimestamp();
        _tokens = Math.Min(rate.Burst, _tokens + (time.GetElapsedTime(_since, now).TotalSeconds * rate.PerSecond));
        _since = now;
    }
}
