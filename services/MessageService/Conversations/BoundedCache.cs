using Microsoft.Extensions.Caching.Memory;

namespace ImDapr.MessageService.Conversations;

/// <summary>
/// A bounded memory cache of one kind of value; the least recently used go first. It never remembers what was read before a change that it was told of:
/// a read that began before its key was removed may have seen the value from before, however late it ends.
/// </summary>
public sealed class BoundedCache<T>(int capacity, TimeSpan lifetime) : IDisposable where T : class
{
    // Keys share a place by their hash, so that a removal needs no memory of its own. A neighbour's costs a read more, once in a thousand.
    private const int Places = 1024;

    private readonly MemoryCache _cache = new(new MemoryCacheOptions { SizeLimit = capacity });
    private readonly Lock _gate = new();
    private readonly long[] _removedAt = new long[Places];
    private long _removals;

    /// <summary>To be taken before a value is read where it comes from.</summary>
    public ReadTicket BeginRead() => new(Volatile.Read(ref _removals));

    public bool Contains(string key) => _cache.TryGetValue(key, out _);

    public T? Get(string key) => _cache.Get<T>(key);

    /// <summary>Remembers what was read, unless the key was removed since the read began.</summary>
    public void Set(string key, T value, ReadTicket read)
    {
        // In the lock, so that a removal comes either before the look or after the value.
        lock (_gate)
        {
            if (_removedAt[PlaceOf(key)] <= read.Removals)
                _cache.Set(key, value, new MemoryCacheEntryOptions { Size = 1, AbsoluteExpirationRelativeToNow = lifetime });
        }
    }

    public void Remove(string key)
    {
        lock (_gate)
        {
            _removedAt[PlaceOf(key)] = ++_removals;
            _cache.Remove(key);
        }
    }

    public void Dispose() => _cache.Dispose();

    private static int PlaceOf(string key) => (int)((uint)StringComparer.Ordinal.GetHashCode(key) % Places);
}

/// <summary>When a read began, told by how much a cache had removed by then.</summary>
public readonly record struct ReadTicket(long Removals);
