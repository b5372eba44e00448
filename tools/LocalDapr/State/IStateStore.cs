namespace ImDapr.LocalDapr.State;

public enum StateConcurrency { Unspecified, FirstWrite, LastWrite }

/// <param name="Value">Bytes as saved.</param>
/// <param name="Metadata">For example <c>ttlExpireTime</c>, where the store reports it.</param>
public sealed record StateEntry(byte[] Value, string ETag, IReadOnlyDictionary<string, string>? Metadata = null);

/// <param name="Key">Full key, prefix included.</param>
/// <param name="Value">Null for a delete.</param>
/// <param name="ETag">Null or empty: none given.</param>
/// <param name="TtlSeconds">Null: not given (an existing time to live stays); 0 or less: for ever.</param>
/// <param name="IsJson">Given as JSON (HTTP API, actors), not as bytes (gRPC API): a store that has a JSON type keeps it as such.</param>
/// <param name="IsStrong">Strong consistency was asked for: a store with replicas waits for them.</param>
public sealed record StateWrite(
    string Key, byte[]? Value, string? ETag, StateConcurrency Concurrency, int? TtlSeconds, bool IsJson = false, bool IsStrong = false);

/// <summary>A state store of one sidecar, with the semantics of the component it is named after (dapr-contract 2).</summary>
public interface IStateStore : IAsyncDisposable
{
    /// <summary>Whether the store keeps only six decimals of numbers in values that daprd decoded: state.redis encodes them with less care.</summary>
    bool KeepsSixDecimals => false;

    Task InitAsync(CancellationToken cancellationToken);

    /// <summary>Null when the key is missing or expired.</summary>
    Task<StateEntry?> GetAsync(string key, CancellationToken cancellationToken);

    /// <summary>One set or delete.</summary>
    /// <exception cref="ETagMismatchException">The etag given is not the current one.</exception>
    /// <exception cref="InvalidETagException">The etag given can be none of this store.</exception>
    Task WriteAsync(StateWrite write, CancellationToken cancellationToken);

    /// <summary>All writes as one transaction, with the store's own idea of atomicity.</summary>
    Task TransactAsync(IReadOnlyList<StateWrite> writes, CancellationToken cancellationToken);
}

/// <param name="key">Key that was to be written.</param>
/// <param name="detail">What the component says of it; null: the key.</param>
public sealed class ETagMismatchException(string key, string? detail = null)
    : Exception($"possible etag mismatch. error from state store: {detail ?? $"key {key}"}");

public sealed class InvalidETagException(string etag) : Exception($"invalid etag value: {etag}");

/// <summary>The store refused or failed; the message is what daprd's component would say.</summary>
public sealed class StateStoreException(string message, Exception? inner = null) : Exception(message, inner);
