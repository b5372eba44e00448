using System.Globalization;
using ImDapr.LocalDapr.Resources;
using Microsoft.Data.Sqlite;

namespace ImDapr.LocalDapr.State;

/// <summary><c>state.sqlite</c>: durable on this machine, transactions that really roll back. Etags are random, as in the component of that name.</summary>
/// <remarks>state (key, value, etag, expires_at Unix ms or null)</remarks>
public sealed class SqliteStateStore(ComponentSpec spec, TimeProvider time) : IStateStore
{
    private readonly SqliteFile _file = SqliteFile.Take(Path.Combine(spec.WorkingFolder, spec.Require("connectionString")));

    public Task InitAsync(CancellationToken cancellationToken) => _file.WriteAsync(
        connection => Execute(connection, "CREATE TABLE IF NOT EXISTS state (key TEXT NOT NULL PRIMARY KEY, value BLOB NOT NULL, etag TEXT NOT NULL, expires_at INTEGER)"),
        cancellationToken);

    public Task<StateEntry?> GetAsync(string key, CancellationToken cancellationToken) => _file.ReadAsync(connection => Task.FromResult(Read(connection, key)), cancellationToken);

    public Task WriteAsync(StateWrite write, CancellationToken cancellationToken) => TransactAsync([write], cancellationToken);

    public Task TransactAsync(IReadOnlyList<StateWrite> writes, CancellationToken cancellationToken) => _file.WriteAsync(
        connection =>
        {
            foreach (var write in writes)
                Apply(connection, write);
            return true;
        },
        cancellationToken);

    private StateEntry? Read(SqliteConnection connection, string key)
    {
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT value, etag, expires_at FROM state WHERE key = $key AND (expires_at IS NULL OR expires_at > $now)";
        command.Parameters.AddWithValue("$key", key);
        command.Parameters.AddWithValue("$now", time.GetUtcNow().ToUnixTimeMilliseconds());
        using var row = command.ExecuteReader();
        if (!row.Read())
            return null;
        Dictionary<string, string>? metadata = row.IsDBNull(2)
            ? null
            : new() { ["ttlExpireTime"] = DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(2)).ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture) };
        return new StateEntry(row.GetFieldValue<byte[]>(0), row.GetString(1), metadata);
    }

    private void Apply(SqliteConnection connection, StateWrite write)
    {
        if (!string.IsNullOrEmpty(write.ETag) && write.Concurrency != StateConcurrency.LastWrite)
            RequireETag(connection, write.Key, write.ETag);
        else if (write.Concurrency == StateConcurrency.FirstWrite && write.Value is not null && Read(connection, write.Key) is not null)
            throw new ETagMismatchException(write.Key);
        if (write.Value is null)
            Execute(connection, "DELETE FROM state WHERE key = $key", ("$key", write.Key));
        else
            Upsert(connection, write);
    }

    private void RequireETag(SqliteConnection connection, string key, string etag)
    {
        if (Read(connection, key)?.ETag != etag)
            throw new ETagMismatchException(key);
    }

    // A time to live that is not given stays; 0 or less ends it.
    private void Upsert(SqliteConnection connection, StateWrite write) => Execute(
        connection,
        """
        INSERT INTO state (key, value, etag, expires_at) VALUES ($key, $value, $etag, $expires)
        ON CONFLICT (key) DO UPDATE SET value = excluded.value, etag = excluded.etag,
          expires_at = CASE WHEN $keep THEN state.expires_at ELSE excluded.expires_at END
        """,
        ("$key", write.Key), ("$value", write.Value), ("$etag", Guid.NewGuid().ToString("N")),
        ("$expires", write.TtlSeconds > 0 ? time.GetUtcNow().AddSeconds(write.TtlSeconds.Value).ToUnixTimeMilliseconds() : null),
        ("$keep", write.TtlSeconds is null));

    private static int Execute(SqliteConnection connection, string sql, params (string Name, object? Value)[] parameters)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        foreach (var (name, value) in parameters)
            command.Parameters.AddWithValue(name, value ?? DBNull.Value);
        return command.ExecuteNonQuery();
    }

    public ValueTask DisposeAsync() => _file.DisposeAsync();
}
