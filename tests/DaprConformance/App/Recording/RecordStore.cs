using System.Collections.Concurrent;
using System.Text.RegularExpressions;

namespace ImDapr.DaprConformanceApp.Recording;

/// <summary>
/// What this instance got, by the keys of the tests. A key is unmistakable (<c>k-</c> and 32 hex digits), so that it is found wherever a test could put
/// it: path, query, headers, body, and a body in base64.
/// </summary>
public sealed partial class RecordStore
{
    // A run makes some thousand requests; beyond this the oldest test is long over.
    private const int MostKeys = 20_000;
    private const int LongestBody = 256 * 1024;

    private readonly ConcurrentDictionary<string, List<Recorded>> _records = new();
    private readonly ConcurrentDictionary<string, int> _attempts = new();
    private readonly ConcurrentQueue<string> _order = new();
    private volatile TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Add(HttpRequest request, string body)
    {
        var record = new Recorded(
            Environment.TickCount64, Instance.AppId, Instance.Port, request.Method, request.Path, request.QueryString.Value ?? "",
            request.Headers.ToDictionary(header => header.Key.ToLowerInvariant(), header => header.Value.ToString()),
            body.Length > LongestBody ? body[..LongestBody] : body);
        var text = $"{request.Path}{request.QueryString}{string.Join(' ', request.Headers.Values)}{Script.PlainText(body)}";
        foreach (var key in Key().Matches(text).Select(match => match.Value).Distinct())
            Add(key, record);
        Interlocked.Exchange(ref _changed, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
    }

    /// <summary>Waits until there are <paramref name="count"/> records of a key, or the time is over; answers what there is.</summary>
    public async Task<IReadOnlyList<Recorded>> WaitAsync(string key, int count, TimeSpan patience, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(patience);
        while (true)
        {
            var changed = _changed.Task;
            var records = Find(key);
            if (records.Count >= count)
                return records;
            await changed.WaitAsync(limit.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (limit.IsCancellationRequested)
                return Find(key);
        }
    }

    /// <summary>How often this was asked before.</summary>
    public int Attempt(string what) => _attempts.AddOrUpdate(what, 0, (_, count) => count + 1);

    private List<Recorded> Find(string key)
    {
        if (!_records.TryGetValue(key, out var records))
            return [];
        lock (records)
            return [.. records];
    }

    private void Add(string key, Recorded record)
    {
        var records = _records.GetOrAdd(key, added =>
        {
            _order.Enqueue(added);
            return [];
        });
        lock (records)
            records.Add(record);
        if (_records.Count > MostKeys && _order.TryDequeue(out var oldest))
            _records.TryRemove(oldest, out _);
    }

    [GeneratedRegex("k-[0-9a-f]{32}")]
    private static partial Regex Key();
}
