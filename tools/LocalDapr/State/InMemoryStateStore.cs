using System.Globalization;

namespace ImDapr.LocalDapr.State;

/// <summary><c>state.in-memory</c>: state of one sidecar alone, gone with it.</summary>
/// <remarks>
/// An etag is checked whatever the concurrency says, and on a missing key it is a mismatch. A set without a time to live ends an earlier one.
/// A transaction checks all its etags before it changes anything.
/// </remarks>
internal sealed class InMemoryStateStore(TimeProvider time) : IStateStore
{
    private static readonly TimeSpan CleanupInterval = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Item> _items = [];
    private ITimer? _cleanup;

    public Task InitAsync(CancellationToken cancellationToken)
    {
        _cleanup = time.CreateTimer(_ => RemoveExpired(), null, CleanupInterval, CleanupInterval);
        return Task.CompletedTask;
    }

    public Task<StateEntry?> GetAsync(string key, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_lock)
        {
            if (!_items.TryGetValue(key, out var item))
                return Task.FromResult<StateEntry?>(null);
            if (!IsExpired(item))
                return Task.FromResult<StateEntry?>(new StateEntry(item.Value, item.ETag, Metadata(item)));
            _items.Remove(key);
            return Task.FromResult<StateEntry?>(null);
        }
    }

    public Task WriteAsync(StateWrite write, CancellationToken cancellationToken) => TransactAsync([write], cancellationToken);

    public Task TransactAsync(IReadOnlyList<StateWrite> writes, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_lock)
        {
            foreach (var write in writes)
                Check(write);
            foreach (var write in writes)
                Apply(write);
        }
        return Task.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _cleanup, null) is { } cleanup)
            await cleanup.DisposeAsync();
        lock (_lock)
            _items.Clear();
    }

    private static Dictionary<string, string>? Metadata(Item item) => item.Expiry is { } expiry
        ? new() { ["ttlExpireTime"] = expiry.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture) }
        : null;

    // As in daprd's component, an expired value that nobody has read or removed yet still counts.
    private void Check(StateWrite write)
    {
        var item = _items.GetValueOrDefault(write.Key);
        if (string.IsNullOrEmpty(write.ETag))
        {
            if (item is not null && write.Concurrency == StateConcurrency.FirstWrite)
                throw new ETagMismatchException(write.Key, "item already exists and no etag was passed");
            return;
        }
        if (item is null)
            throw new ETagMismatchException(write.Key, $"state not exist or expired for key={write.Key}");
        if (item.ETag != write.ETag)
            throw new ETagMismatchException(write.Key, $"state etag not match for key={write.Key}: current={item.ETag}, expect={write.ETag}");
    }

    private void Apply(StateWrite write)
    {
        if (write.Value is null)
            _items.Remove(write.Key);
        else
            _items[write.Key] = new Item(write.Value, Guid.NewGuid().ToString(), Expiry(write.TtlSeconds));
    }

    private void RemoveExpired()
    {
        lock (_lock)
        {
            foreach (var key in _items.Where(pair => IsExpired(pair.Value)).Select(pair => pair.Key).ToList())
                _items.Remove(key);
        }
    }

    private DateTimeOffset? Expiry(int? ttl) => ttl > 0 ? time.GetUtcNow().AddSeconds(ttl.Value) : null;

    private bool IsExpired(Item item) => item.Expiry < time.GetUtcNow();

    private sealed record Item(byte[] Value, string ETag, DateTimeOffset? Expiry);
}
