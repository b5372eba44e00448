using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using ImDapr.LocalDapr.MySql;
using ImDapr.LocalDapr.Resources;
using MySqlConnector;

namespace ImDapr.LocalDapr.State;

/// <summary>
/// <c>state.mysql</c>: what daprd's component of that name writes and reads (<see cref="MySqlStateTables"/>), so that both can serve the same rows.
/// </summary>
/// <remarks>
/// An etag on a missing or expired key is a mismatch, whatever the concurrency says. A set without a time to live ends an earlier one.
/// A first write over an expired row that no cleanup has removed yet fails as a duplicate. A transaction is all or nothing.
/// The collation of the database decides which keys are the same: by default <c>a</c> and <c>A</c> are.
/// </remarks>
internal sealed partial class MySqlStateStore : IStateStore
{
    private const int DefaultTimeoutSeconds = 20;
    private static readonly TimeSpan DefaultCleanup = TimeSpan.FromHours(1);

    private readonly ComponentSpec _spec;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly GoMySqlDsn _dsn;
    private readonly string _schema;
    private readonly string _table;
    private readonly string _metadataTable;
    private readonly TimeSpan _timeout;
    private readonly TimeSpan _cleanupInterval;
    private MySqlDataSource? _source;
    private MySqlStateCleanup? _cleanup;

    public MySqlStateStore(ComponentSpec spec, TimeProvider time, ILogger logger)
    {
        (_spec, _time, _logger) = (spec, time, logger);
        _schema = Identifier("schemaName", "dapr_state_store");
        _table = Identifier("tableName", "state");
        _metadataTable = Identifier("metadataTableName", "dapr_metadata");
        _timeout = TimeSpan.FromSeconds(spec.Integer("timeoutInSeconds", 0) is > 0 and var seconds ? seconds : DefaultTimeoutSeconds);
        _cleanupInterval = spec.Duration("cleanupInterval", DefaultCleanup, TimeSpan.FromSeconds(1));
        _dsn = GoMySqlDsn.Parse(spec, "connectionString");
        if (_dsn.Settings.Database.Length > 0 || spec.Require("connectionString").Count(c => c == '/') > 1)
            throw _dsn.Refuse("must have one '/' only, with no database after it: daprd cuts it there to insert schemaName");
        if (spec.Find("pemPath") is { } pem && !File.Exists(Path.Combine(spec.WorkingFolder, pem)))
            throw spec.Invalid("pemPath", "a file that is there");
    }

    private MySqlDataSource Source => _source ?? throw new ObjectDisposedException(_spec.Name);

    public async Task InitAsync(CancellationToken cancellationToken)
    {
        try
        {
            await MySqlStateTables.CreateSchemaAsync(_dsn, _schema, cancellationToken);
            _source = await MySqlServer.OpenAsync(_spec, _dsn, cancellationToken);
            await using var connection = await _source.OpenConnectionAsync(cancellationToken);
            await new MySqlStateTables(connection, _schema, _table, _metadataTable).CreateAsync(cancellationToken);
        }
        catch (MySqlException error)
        {
            throw new ComponentException($"{_spec.File}: component {_spec.Name} ({_spec.Type}): {MySqlServer.Text(error)}", error);
        }
        if (_cleanupInterval > TimeSpan.Zero)
            _cleanup = new MySqlStateCleanup(_source, _table, _metadataTable, _cleanupInterval, _time, _logger);
    }

    public Task<StateEntry?> GetAsync(string key, CancellationToken cancellationToken) => RunAsync(async token =>
    {
        await using var connection = await Source.OpenConnectionAsync(token);
        await using var command = Command(
            connection, null,
            $"""
            SELECT value, eTag, isbinary, IFNULL(expiredate, '') FROM {_table}
            WHERE id = ? AND (expiredate IS NULL OR expiredate > CURRENT_TIMESTAMP)
            """, key);
        await using var row = await command.ExecuteReaderAsync(token);
        return await row.ReadAsync(token) ? Entry(row) : null;
    }, cancellationToken);

    public async Task WriteAsync(StateWrite write, CancellationToken cancellationToken)
    {
        await using var connection = await RunAsync(token => Source.OpenConnectionAsync(token).AsTask(), cancellationToken);
        await ApplyAsync(connection, null, write, cancellationToken);
    }

    public async Task TransactAsync(IReadOnlyList<StateWrite> writes, CancellationToken cancellationToken)
    {
        if (writes.Count == 0)
            return;
        await using var connection = await RunAsync(token => Source.OpenConnectionAsync(token).AsTask(), cancellationToken);
        await using var transaction = await RunAsync(token => connection.BeginTransactionAsync(token).AsTask(), cancellationToken);
        // Rolled back by its disposal unless it comes to the commit.
        foreach (var write in writes)
            await ApplyAsync(connection, transaction, write, cancellationToken);
        await RunAsync(async token =>
        {
            await transaction.CommitAsync(token);
            return true;
        }, cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _cleanup, null) is { } cleanup)
            await cleanup.DisposeAsync();
        if (Interlocked.Exchange(ref _source, null) is { } source)
            await source.DisposeAsync();
    }

    private static StateEntry Entry(MySqlDataReader row)
    {
        var json = row.GetString(0);
        return new StateEntry(row.GetInt32(2) == 0 ? Encoding.UTF8.GetBytes(json) : Binary(json), row.GetString(1), Metadata(row.GetString(3)));
    }

    // In the time zone of the session, which daprd's component takes for UTC.
    private static Dictionary<string, string>? Metadata(string expiry) => expiry.Length == 0 ? null : new()
    {
        ["ttlExpireTime"] = DateTime.Parse(expiry, CultureInfo.InvariantCulture).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
    };

    private static byte[] Binary(string json)
    {
        try
        {
            return Convert.FromBase64String(JsonSerializer.Deserialize<string>(json)!);
        }
        catch (Exception error) when (error is JsonException or FormatException)
        {
            throw new StateStoreException($"failed to decode binary data: {error.Message}", error);
        }
    }

    private async Task ApplyAsync(MySqlConnection connection, MySqlTransaction? transaction, StateWrite write, CancellationToken cancellationToken)
    {
        await using var command = write.Value is null ? Delete(connection, transaction, write) : Set(connection, transaction, write, write.Value);
        var rows = await RunAsync(command.ExecuteNonQueryAsync, cancellationToken);
        if (rows == 0 && (HasETag(write) || (write.Value is not null && write.Concurrency == StateConcurrency.FirstWrite)))
            throw new ETagMismatchException(write.Key, write.Value is null ? null : "rows affected error: no rows match given key and eTag");
    }

    private MySqlCommand Delete(MySqlConnection connection, MySqlTransaction? transaction, StateWrite write) => HasETag(write)
        ? Command(connection, transaction, $"DELETE FROM {_table} WHERE id = ? AND eTag = ?", write.Key, write.ETag!)
        : Command(connection, transaction, $"DELETE FROM {_table} WHERE id = ?", write.Key);

    private MySqlCommand Set(MySqlConnection connection, MySqlTransaction? transaction, StateWrite write, byte[] value)
    {
        // Bytes go into the JSON column as base64 text.
        var json = write.IsJson ? Encoding.UTF8.GetString(value) : $"\"{Convert.ToBase64String(value)}\"";
        var etag = Guid.NewGuid().ToString();
        var expiry = Expiry(write.TtlSeconds);
        if (HasETag(write))
        {
            return Command(
                connection, transaction,
                $"""
                UPDATE {_table} SET value = ?, eTag = ?, isbinary = ?, expiredate = {expiry}
                WHERE id = ? AND eTag = ? AND (expiredate IS NULL OR expiredate > CURRENT_TIMESTAMP)
                """, json, etag, !write.IsJson, write.Key, write.ETag!);
        }
        if (write.Concurrency == StateConcurrency.FirstWrite)
        {
            return Command(
                connection, transaction,
                $"""
                INSERT INTO {_table} (id, value, eTag, isbinary, expiredate) SELECT ?, ?, ?, ?, {expiry} FROM DUAL
                WHERE NOT EXISTS (SELECT 1 FROM {_table} WHERE id = ? AND (expiredate IS NULL OR expiredate > CURRENT_TIMESTAMP))
                """, write.Key, json, etag, !write.IsJson, write.Key);
        }
        return Command(
            connection, transaction, $"REPLACE INTO {_table} (id, value, eTag, isbinary, expiredate) VALUES (?, ?, ?, ?, {expiry})",
            write.Key, json, etag, !write.IsJson);
    }

    private static string Expiry(int? ttl)
    {
        StateTtl.RefuseBelowMinusOne(ttl);
        return ttl > 0 ? string.Create(CultureInfo.InvariantCulture, $"CURRENT_TIMESTAMP + INTERVAL {ttl} SECOND") : "NULL";
    }

    private static bool HasETag(StateWrite write) => !string.IsNullOrEmpty(write.ETag);

    private static MySqlCommand Command(MySqlConnection connection, MySqlTransaction? transaction, string sql, params object[] parameters)
    {
        var command = new MySqlCommand(sql, connection, transaction);
        foreach (var parameter in parameters)
            command.Parameters.Add(new MySqlParameter { Value = parameter });
        return command;
    }

    private async Task<T> RunAsync<T>(Func<CancellationToken, Task<T>> operation, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(_timeout, _time);
        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        try
        {
            return await operation(cancellation.Token);
        }
        catch (MySqlException error)
        {
            throw new StateStoreException(MySqlServer.Text(error), error);
        }
        catch (OperationCanceledException error) when (deadline.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new StateStoreException("context deadline exceeded", error);
        }
    }

    private string Identifier(string name, string otherwise)
    {
        var value = _spec.Find(name) ?? otherwise;
        return Letters().IsMatch(value) ? value : throw _spec.Invalid(name, "letters, digits and underscores");
    }

    [GeneratedRegex(@"\A[A-Za-z0-9_]+\z")]
    private static partial Regex Letters();
}
