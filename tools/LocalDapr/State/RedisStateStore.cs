using System.Globalization;
using ImDapr.LocalDapr.Resources;
using StackExchange.Redis;

namespace ImDapr.LocalDapr.State;

/// <summary>
/// <c>state.redis</c>, laid out as daprd does: a hash of <c>data</c> and <c>version</c>, the version being the etag. Transactions do not roll back:
/// what a failing operation leaves undone, the others have done (dapr-contract 2.4).
/// </summary>
public sealed partial class RedisStateStore(ComponentSpec spec, ILogger<RedisStateStore> logger) : IStateStore
{
    // Written when there is no version yet, or the version is the one given, or none was given and nobody ever asked for first-write.
    private const string SetScript =
        """
        local version = redis.pcall('HGET', KEYS[1], 'version')
        if type(version) == 'table' then redis.call('DEL', KEYS[1]) version = false end
        local first = redis.pcall('HGET', KEYS[1], 'first-write')
        if not version or version == '' or version == ARGV[1] or (ARGV[1] == '0' and (not first or type(first) == 'table')) then
          redis.call('HSET', KEYS[1], 'data', ARGV[2])
          if ARGV[3] == '0' then redis.call('HSET', KEYS[1], 'first-write', 0) end
          return redis.call('HINCRBY', KEYS[1], 'version', 1)
        end
        return redis.error_reply('failed to set key ' .. KEYS[1])
        """;

    private const string DeleteScript =
        """
        local version = redis.pcall('HGET', KEYS[1], 'version')
        if not version or type(version) == 'table' or version == ARGV[1] or version == '' or ARGV[1] == '0' then
          return redis.call('DEL', KEYS[1])
        end
        return redis.error_reply('failed to delete ' .. KEYS[1])
        """;

    private ConnectionMultiplexer? _connection;

    private IDatabase Database => _connection!.GetDatabase();

    public async Task InitAsync(CancellationToken cancellationToken)
    {
        _connection = await RedisSettings.ConnectAsync(spec, RedisSettings.Options(spec), cancellationToken);
        LogNoRollback(spec.Name);
    }

    public async Task<StateEntry?> GetAsync(string key, CancellationToken cancellationToken)
    {
        var values = await Database.HashGetAsync(key, ["data", "version"]).WaitAsync(cancellationToken);
        return values[0].IsNull ? null : new StateEntry((byte[])values[0]!, values[1].ToString());
    }

    public async Task WriteAsync(StateWrite write, CancellationToken cancellationToken)
    {
        try
        {
            await Evaluate(Database, write, honourFirstWrite: true).WaitAsync(cancellationToken);
            if (Expire(Database, write) is { } expire)
                await expire.WaitAsync(cancellationToken);
        }
        catch (RedisServerException exception) when (exception.Message.Contains("failed to", StringComparison.Ordinal))
        {
            // daprd tells a mismatch only to who gave an etag; for a delete it takes every error for one.
            throw write.Value is null || HasETag(write) ? new ETagMismatchException(write.Key) : exception;
        }
    }

    public async Task TransactAsync(IReadOnlyList<StateWrite> writes, CancellationToken cancellationToken)
    {
        var transaction = Database.CreateTransaction();
        var pending = new List<Task>(writes.Count);
        foreach (var write in writes)
        {
            pending.Add(Evaluate(transaction, write, honourFirstWrite: false));
            if (Expire(transaction, write) is { } expire)
                pending.Add(expire);
        }
        if (!await transaction.ExecuteAsync().WaitAsync(cancellationToken))
            throw new InvalidOperationException("the transaction was not executed");
        await Task.WhenAll(pending).WaitAsync(cancellationToken);
    }

    private static Task Evaluate(IDatabaseAsync database, StateWrite write, bool honourFirstWrite)
    {
        var etag = CheckedETag(write);
        if (write.Value is null)
            return database.ScriptEvaluateAsync(DeleteScript, [write.Key], [etag]);
        var first = honourFirstWrite && write.Concurrency == StateConcurrency.FirstWrite ? "0" : "1";
        return database.ScriptEvaluateAsync(SetScript, [write.Key], [etag, write.Value, first]);
    }

    private static Task? Expire(IDatabaseAsync database, StateWrite write) => (write.Value, write.TtlSeconds) switch
    {
        (null, _) or (_, null) => null,
        (_, > 0) => database.KeyExpireAsync(write.Key, TimeSpan.FromSeconds(write.TtlSeconds.Value)),
        _ => database.KeyPersistAsync(write.Key),
    };

    private static bool HasETag(StateWrite write) => !string.IsNullOrEmpty(write.ETag) && write.Concurrency != StateConcurrency.LastWrite;

    private static string CheckedETag(StateWrite write)
    {
        if (!HasETag(write))
            return "0";
        return long.TryParse(write.ETag, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _) ? write.ETag! : throw new InvalidETagException(write.ETag!);
    }

    public async ValueTask DisposeAsync()
    {
        if (_connection is not null)
            await _connection.DisposeAsync();
    }

    [LoggerMessage(9101, LogLevel.Debug, "{Component}: transactions on Redis do not roll back")]
    private partial void LogNoRollback(string component);
}
