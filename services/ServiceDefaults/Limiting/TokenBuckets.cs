using System.Collections.Concurrent;

namespace ImDapr.ServiceDefaults.Limiting;

/// <summary>A token bucket for each key (a user, an address). Full ones are dropped; they are kept as long as they say something.</summary>
public sealed class TokenBuckets(Rate rate, TimeProvider time, int capacity = TokenBuckets.Capacity)
{
    // About 15 MB. Beyond it everything is forgotten: so many keys at once come from many, and none of them was limited for long.
    public const int Capacity = 100_000;

    private readonly ConcurrentDictionary<string, TokenBucket> _byKey = new();
    private readonly Lock _sweeping = new();
    private long _swept = time.GetTimestamp();

    public int Count => _byKey.Count;

    /// <summary>Takes a token of this key if there is one.</summary>
    /// <returns>Zero when it was taken, or nothing is limited; else the time until there is one.</returns>
    public TimeSpan Take(string key)
    {
        if (!rate.IsLimited)
            return TimeSpan.Zero;
        SweepWhenDue();
        return _byKey.GetOrAdd(key, static (_, limits) => new TokenBucket(limits.rate, limits.time), (rate, time)).Take();
    }

    // As often as a bucket fills: each is looked at about once in its life.
    private void SweepWhenDue()
    {
        if (_byKey.Count < capacity && time.GetElapsedTime(Interlocked.Read(ref _swept)) < rate.Refill)
            return;
        lock (_sweeping)
        {
            if (_byKey.Count >= capacity || time.GetElapsedTime(_swept) >= rate.Refill)
                Sweep();
        }
    }

    private void Sweep()
    {
        foreach (var (key, bucket) in _byKey)
        {
            if (bucket.IsFull())
                _byKey.TryRemove(KeyValuePair.Create(key, bucket));
        }
        if (_byKey.Count >= capacity)
            _byKey.Clear();
        Interlocked.Exchange(ref _swept, time.GetTimestamp());
    }
}
