using System.Globalization;
using Dapr;
using Dapr.Client;
using Grpc.Core;
using ImDapr.Contracts;

namespace ImDapr.MessageService.Entities.State;

/// <summary>A value with the ETag to change it by; an empty one says that there is none.</summary>
public sealed record Versioned<T>(T? Value, string ETag) where T : class
{
    public bool Exists => ETag.Length > 0;
}

/// <summary>
/// The state API as the storage model <c>redis</c> uses it. What is compared and swapped is always a first write, what is written blindly never
/// changes: on Redis the two must not be mixed on one key.
/// </summary>
public sealed class StateClient(DaprClient dapr)
{
    // A hundred messages of 16 KiB stay below the 4 MiB that Dapr carries.
    private const int KeysPerCall = 100;
    private const int BytesPerCall = Limits.BatchBytes;
    private const int ParallelReads = 32;

    private static readonly StateOptions FirstWrite = new() { Concurrency = ConcurrencyMode.FirstWrite };

    // Asks Redis to wait for its replicas, if it has any.
    private static readonly StateOptions DurableFirstWrite = new() { Concurrency = ConcurrencyMode.FirstWrite, Consistency = ConsistencyMode.Strong };

    public async Task<Versioned<T>> GetAsync<T>(string key, CancellationToken cancellationToken) where T : class
    {
        var (value, etag) = await dapr.GetStateAndETagAsync<T?>(DaprNames.StateStore, key, cancellationToken: cancellationToken);
        return new Versioned<T>(value, etag);
    }

    /// <summary>Single reads, side by side: for keys that are mostly missing, since a bulk read tells an error as a missing key.</summary>
    public async Task<IReadOnlyDictionary<string, Versioned<T>>> GetEachAsync<T>(IReadOnlyCollection<string> keys, CancellationToken cancellationToken) where T : class
    {
        var values = new Dictionary<string, Versioned<T>>(keys.Count);
        await Parallel.ForEachAsync(
            keys, new ParallelOptions { MaxDegreeOfParallelism = ParallelReads, CancellationToken = cancellationToken },
            async (key, token) =>
            {
                var value = await GetAsync<T>(key, token);
                lock (values)
                    values.Add(key, value);
            });
        return values;
    }

    /// <summary>Bulk reads; what is missing there is asked for once more by itself (<see cref="GetEachAsync"/>).</summary>
    public async Task<IReadOnlyDictionary<string, Versioned<T>>> GetManyAsync<T>(IReadOnlyCollection<string> keys, CancellationToken cancellationToken) where T : class
    {
        var values = await GetSomeAsync<T>(keys, cancellationToken);
        var missing = await GetEachAsync<T>([.. keys.Where(key => !values.ContainsKey(key))], cancellationToken);
        foreach (var (key, value) in missing)
            values.Add(key, value);
        return values;
    }

    /// <summary>What bulk reads find: one that is not among them may exist nevertheless.</summary>
    public async Task<Dictionary<string, Versioned<T>>> GetSomeAsync<T>(IReadOnlyCollection<string> keys, CancellationToken cancellationToken) where T : class
    {
        var values = new Dictionary<string, Versioned<T>>(keys.Count);
        foreach (var chunk in keys.Chunk(KeysPerCall))
            await AddAsync(values, chunk, cancellationToken);
        return values;
    }

    /// <summary>Writes if the ETag is still the stored one; without ETag, if there is no such key.</summary>
    /// <returns>False: others were first, read again.</returns>
    public async Task<bool> TrySaveAsync<T>(
        string key, T value, string etag, TimeSpan? timeToLive, CancellationToken cancellationToken, bool isDurable = false) where T : class
    {
        try
        {
            return await dapr.TrySaveStateAsync(
                DaprNames.StateStore, key, value, etag, isDurable ? DurableFirstWrite : FirstWrite, Metadata(timeToLive), cancellationToken);
        }
        catch (DaprException) when (etag.Length == 0)
        {
            // Without an ETag to compare, some stores tell a lost race to create the key as a plain failure.
            if ((await GetAsync<object>(key, cancellationToken)).Exists)
                return false;
            throw;
        }
    }

    /// <summary>
    /// Writes values that never change, many in one call. A first write: one that was changed meanwhile nevertheless (an amended entity) is left
    /// alone, and tells so by an exception; on Redis the others are written, elsewhere none.
    /// </summary>
    public async Task CreateAsync(IReadOnlyList<NewState> states, CancellationToken cancellationToken)
    {
        foreach (var chunk in Chunks(states))
        {
            var operations = chunk.ConvertAll(state => new StateTransactionRequest(
                state.Key, state.Value, StateOperationType.Upsert, etag: null, Metadata(state.TimeToLive), state.IsFirstWrite ? FirstWrite : null));
            await dapr.ExecuteStateTransactionAsync(DaprNames.StateStore, operations, cancellationToken: cancellationToken);
        }
    }

    public async Task DeleteAsync(IReadOnlyCollection<string> keys, CancellationToken cancellationToken)
    {
        foreach (var chunk in keys.Chunk(KeysPerCall))
        {
            var operations = Array.ConvertAll(chunk, key => new StateTransactionRequest(key, null, StateOperationType.Delete));
            await dapr.ExecuteStateTransactionAsync(DaprNames.StateStore, operations, cancellationToken: cancellationToken);
        }
    }

    /// <summary>
    /// The ETag after a write under this one, if the store counts versions; else null. A wrong guess is refused like any lost race: where ETags
    /// are rising numbers, nobody else's write can have got this one.
    /// </summary>
    public static string? Next(string etag) =>
        ulong.TryParse(etag, NumberStyles.None, CultureInfo.InvariantCulture, out var version) ? (version + 1).ToString(CultureInfo.InvariantCulture) : null;

    // An answer that is too large for Dapr is asked for in halves.
    private async Task AddAsync<T>(Dictionary<string, Versioned<T>> values, string[] keys, CancellationToken cancellationToken) where T : class
    {
        try
        {
            var items = await dapr.GetBulkStateAsync<T?>(DaprNames.StateStore, keys, parallelism: null, cancellationToken: cancellationToken);
            foreach (var item in items.Where(item => item.Value is not null && item.ETag.Length > 0))
                values[item.Key] = new Versioned<T>(item.Value, item.ETag);
        }
        catch (DaprException exception) when (keys.Length > 1 && exception.InnerException is RpcException { StatusCode: StatusCode.ResourceExhausted })
        {
            await AddAsync(values, keys[..(keys.Length / 2)], cancellationToken);
            await AddAsync(values, keys[(keys.Length / 2)..], cancellationToken);
        }
    }

    private static IEnumerable<List<NewState>> Chunks(IReadOnlyList<NewState> states)
    {
        var chunk = new List<NewState>();
        var bytes = 0;
        foreach (var state in states)
        {
            if (chunk.Count > 0 && bytes + state.Value.Length > BytesPerCall)
            {
                yield return chunk;
                (chunk, bytes) = ([], 0);
            }
            chunk.Add(state);
            bytes += state.Value.Length;
        }
        if (chunk.Count > 0)
            yield return chunk;
    }

    // At least a second: zero would mean for ever.
    private static Dictionary<string, string>? Metadata(TimeSpan? timeToLive) => timeToLive is { } time
        ? new() { ["ttlInSeconds"] = ((long)Math.Max(1, Math.Ceiling(time.TotalSeconds))).ToString(CultureInfo.InvariantCulture) }
        : null;
}

/// <summary>A value to write that never changes.</summary>
/// <param name="IsFirstWrite">It may have been changed by compare and swap meanwhile, and is to be left alone then.</param>
public sealed record NewState(string Key, byte[] Value, TimeSpan TimeToLive, bool IsFirstWrite)
{
    public static NewState Of<T>(string key, T value, TimeSpan timeToLive, bool isFirstWrite) =>
        new(key, ContractsJson.Write(value), timeToLive, isFirstWrite);
}
