using System.Globalization;
using ImDapr.LocalDapr.Redis;
using ImDapr.LocalDapr.Resources;
using StackExchange.Redis;

namespace ImDapr.LocalDapr.State;

/// <summary><c>state.redis</c>: what daprd's component of that name writes and reads, so that both can serve the same data.</summary>
/// <remarks>
/// {key}   hash: data, version (1, 2, … = the etag), first-write (there once a first-write save came)
/// An etag on a missing key is no mismatch. A set without a time to live keeps an earlier one. A transaction does not roll back.
/// </remarks>
internal sealed partial class RedisStateStore(ComponentSpec spec, ILogger<RedisStateStore> logger) : IStateStore
{
    // ARGV: expected version (0: none), data, 0 for a first write. A value of another type, left by somebody else, is replaced.
    private const string SetScript =
        """
        local version = redis.pcall("HGET", KEYS[1], "version")
        if type(version) == "table" then redis.call("DEL", KEYS[1]) end
        local firstWrite = redis.pcall("HGET", KEYS[1], "first-write")
        local free = not version or type(version) == "table" or version == ""
        if free or version == ARGV[1] or (not firstWrite and ARGV[1] == "0") then
          redis.call("HSET", KEYS[1], "data", ARGV[2])
          if ARGV[3] == "0" then redis.call("HSET", KEYS[1], "first-write", 0) end
          return redis.call("HINCRBY", KEYS[1], "version", 1)
        end
        return redis.error_reply("failed to set key " .. KEYS[1])
        """;

    private const string DeleteScript =
        """
        local version = redis.pcall("HGET", KEYS[1], "version")
        if not version or type(version) == "table" or version == "" or version == ARGV[1] or ARGV[1] == "0" then
          return redis.call("DEL", KEYS[1])
        end
        return redis.error_reply("failed to delete " .. KEYS[1])
        """;

    private const string ConnectedReplicas = "connected_slaves:";
    private const int WaitMilliseconds = 1000;
    private const int MaxRetries = 3;
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(8);

    private readonly ConfigurationOptions _options = RedisSettings.Read(spec);
    private readonly int? _defaultTtl = spec.Find("ttlInSeconds") is null ? null : spec.Integer("ttlInSeconds", 0);
    private ConnectionMultiplexer? _connection;
    private int _replicas;

    private IDatabase Database => (_connection ?? throw new ObjectDisposedException(spec.Name)).GetDatabase();

    public bool KeepsSixDecimals => true;

    public async Task InitAsync(CancellationToken cancellationToken)
    {
        _connection = await RedisSettings.ConnectAsync(spec, _options, cancellationToken);
        var info = (string?)await Database.ExecuteAsync("INFO", "replication").WaitAsync(cancellationToken) ?? "";
        var line = info.Split('\n').FirstOrDefault(line => line.StartsWith(ConnectedReplicas, StringComparison.Ordinal));
        _ = int.TryParse(line?[ConnectedReplicas.Length..], CultureInfo.InvariantCulture, out _replicas);
    }

    public async Task<StateEntry?> GetAsync(string key, CancellationToken cancellationToken)
    {
        try
        {
            var fields = await AgainAsync(() => Database.HashGetAllAsync(key), cancellationToken);
            return fields.Length == 0 ? null : Entry(fields);
        }
        catch (RedisServerException error) when (error.Message.StartsWith("WRONGTYPE", StringComparison.Ordinal))
        {
            // A plain string that somebody else wrote is readable, without an etag.
            byte[]? value = await Database.StringGetAsync(key).WaitAsync(cancellationToken);
            return value is null ? null : new StateEntry(value, "");
        }
    }

    public Task WriteAsync(StateWrite write, CancellationToken cancellationToken) =>
        write.Value is null ? DeleteAsync(write, cancellationToken) : SetAsync(write, cancellationToken);

    public async Task TransactAsync(IReadOnlyList<StateWrite> writes, CancellationToken cancellationToken)
    {
        var transaction = Database.CreateTransaction();
        var results = writes.SelectMany(write => Queue(transaction, write)).ToList();
        await transaction.ExecuteAsync().WaitAsync(cancellationToken);
        // A refused operation does not stop the others: Redis has no roll back. The caller hears of it as of any failure.
        await Task.WhenAll(results).WaitAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _connection, null) is { } connection)
            await connection.DisposeAsync();
    }

    // Go's client sends a command again whose connection broke, three times at most. Reading twice changes nothing.
    private static async Task<T> AgainAsync<T>(Func<Task<T>> read, CancellationToken cancellationToken)
    {
        for (var tries = 0; ; tries++)
        {
            try
            {
                return await read().WaitAsync(cancellationToken);
            }
            catch (Exception broken) when (tries < MaxRetries && !cancellationToken.IsCancellationRequested && (broken is RedisConnectionException or TaskCanceledException))
            {
                await Task.Delay(FirstPause * (1 << tries), cancellationToken);
            }
        }
    }

    private static StateEntry Entry(HashEntry[] fields)
    {
        byte[]? data = null;
        string? version = null;
        foreach (var field in fields)
        {
            if (field.Name == "data")
                data = field.Value;
            else if (field.Name == "version")
                version = field.Value;
        }
        return data is not null && version is not null
            ? new StateEntry(data, version)
            : throw new InvalidDataException("required hash field 'data' or 'version' was not found");
    }

    private async Task SetAsync(StateWrite write, CancellationToken cancellationToken)
    {
        var firstWrite = write.Concurrency == StateConcurrency.FirstWrite ? 0 : 1;
        try
        {
            await Database.ScriptEvaluateAsync(SetScript, [write.Key], [ExpectedVersion(write), write.Value, firstWrite]).WaitAsync(cancellationToken);
        }
        catch (Exception error) when (error is RedisException or RedisTimeoutException && !string.IsNullOrEmpty(write.ETag))
        {
            throw Mismatch(write, error);
        }
        // A second command, as in daprd's component: a crash in between leaves the key without its time to live.
        if (Ttl(write) is { } ttl)
            await SetTtlAsync(Database, write.Key, ttl).WaitAsync(cancellationToken);
        // As many as there were at the start; how many of them answered in time is not asked, as in daprd.
        if (write.IsStrong && _replicas > 0)
            await Database.ExecuteAsync("WAIT", _replicas, WaitMilliseconds).WaitAsync(cancellationToken);
    }

    private async Task DeleteAsync(StateWrite write, CancellationToken cancellationToken)
    {
        try
        {
            await Database.ScriptEvaluateAsync(DeleteScript, [write.Key], [ETagOrZero(write)]).WaitAsync(cancellationToken);
        }
        catch (Exception error) when (error is RedisException or RedisTimeoutException)
        {
            throw Mismatch(write, error);
        }
    }

    private IEnumerable<Task> Queue(ITransaction transaction, StateWrite write)
    {
        if (write.Value is null)
        {
            yield return transaction.ExecuteAsync("EVAL", DeleteScript, 1, (RedisKey)write.Key, ETagOrZero(write));
            yield break;
        }
        // No third argument: a transaction ignores first-write.
        yield return transaction.ExecuteAsync("EVAL", SetScript, 1, (RedisKey)write.Key, ExpectedVersion(write), write.Value);
        if (Ttl(write) is { } ttl)
            yield return SetTtlAsync(transaction, write.Key, ttl);
    }

    private static Task SetTtlAsync(IDatabaseAsync database, string key, int ttl) =>
        ttl > 0 ? database.KeyExpireAsync(key, TimeSpan.FromSeconds(ttl)) : database.KeyPersistAsync(key);

    private int? Ttl(StateWrite write) => write.TtlSeconds ?? _defaultTtl;

    private static string ETagOrZero(StateWrite write) => string.IsNullOrEmpty(write.ETag) ? "0" : write.ETag;

    private static long ExpectedVersion(StateWrite write)
    {
        if (write.Concurrency == StateConcurrency.LastWrite || string.IsNullOrEmpty(write.ETag))
            return 0;
        return long.TryParse(write.ETag, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var version)
            ? version
            : throw new InvalidETagException(write.ETag);
    }

    // daprd's component calls every failure of a write with an etag, and of every delete, a mismatch; the true reason goes to the log.
    private ETagMismatchException Mismatch(StateWrite write, Exception error)
    {
        if (error is not RedisServerException)
            LogFailure(write.Key, error);
        return new ETagMismatchException(write.Key);
    }

    [LoggerMessage(9301, LogLevel.Warning, "Redis failed while writing {Key}; the caller is told of an etag mismatch, as daprd does")]
    private partial void LogFailure(string key, Exception error);
}
