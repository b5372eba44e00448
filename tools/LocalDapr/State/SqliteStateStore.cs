using System.Globalization;
using System.Text.RegularExpressions;
using ImDapr.LocalDapr.Resources;
using ImDapr.LocalDapr.Sqlite;

namespace ImDapr.LocalDapr.State;

/// <summary><c>state.sqlite</c>: state in a file, with the etag rules of the component of that name.</summary>
/// <remarks>
/// {tableName}   key, value, etag (random per write), expires_at (Unix ms, NULL: never)
/// Other than on Redis: a set without a time to live ends an earlier one, an etag on a missing key is a mismatch, a transaction is all or nothing.
/// </remarks>
internal sealed partial class SqliteStateStore : IStateStore
{
    private static readonly TimeSpan DefaultCleanup = TimeSpan.FromHours(1);

    private readonly ComponentSpec _spec;
    private readonly TimeProvider _time;
    private readonly string _table;
    private readonly TimeSpan _cleanupInterval;
    private SqliteDatabase? _database;
    private DateTimeOffset _lastCleanup;

    public SqliteStateStore(ComponentSpec spec, TimeProvider time)
    {
        _spec = spec;
        _time = time;
        _table = spec.Find("tableName") ?? "state";
        _cleanupInterval = spec.Duration("cleanupInterval", DefaultCleanup, TimeSpan.FromSeconds(1));
        if (!Identifier().IsMatch(_table))
            throw spec.Invalid("tableName", "letters, digits and underscores");
    }

    private SqliteDatabase Database => _database ?? throw new ObjectDisposedException(_spec.Name);

    public async Task InitAsync(CancellationToken cancellationToken)
    {
        _database = SqliteDatabase.Open(_spec, "connectionString", "url");
        await _database.WriteAsync(db =>
        {
            db.Execute($"CREATE TABLE IF NOT EXISTS {_table} (key TEXT NOT NULL PRIMARY KEY, value BLOB NOT NULL, etag TEXT NOT NULL, expires_at INTEGER)");
            db.Execute($"CREATE INDEX IF NOT EXISTS {_table}_expiry ON {_table} (expires_at) WHERE expires_at IS NOT NULL");
            return true;
        }, cancellationToken);
    }

    public async Task<StateEntry?> GetAsync(string key, CancellationToken cancellationToken)
    {
        var sql = $"SELECT value, etag, expires_at FROM {_table} WHERE key = ? AND (expires_at IS NULL OR expires_at > ?)";
        var now = Now();
        var entries = await Database.ReadAsync(db => db.Query(sql, ReadEntry, key, now), cancellationToken);
        return entries.SingleOrDefault();
    }

    public Task WriteAsync(StateWrite write, CancellationToken cancellationToken) => TransactAsync([write], cancellationToken);

    public async Task TransactAsync(IReadOnlyList<StateWrite> writes, CancellationToken cancellationToken)
    {
        foreach (var write in writes)
            StateTtl.RefuseBelowMinusOne(write.TtlSeconds);
        await Database.WriteAsync(db =>
        {
            CleanUp(db);
            foreach (var write in writes)
                Apply(db, write);
            return true;
        }, cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _database, null) is { } database)
            await database.DisposeAsync();
    }

    private static StateEntry ReadEntry(SqliteStatement row)
    {
        Dictionary<string, string>? metadata = null;
        if (!row.IsNull(2))
        {
            var expiry = DateTimeOffset.FromUnixTimeMilliseconds(row.Int64(2));
            metadata = new() { ["ttlExpireTime"] = expiry.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture) };
        }
        return new StateEntry(row.Bytes(0).ToArray(), row.Text(1), metadata);
    }

    private void Apply(SqliteSession db, StateWrite write)
    {
        var applied = (write.Value, write.ETag, write.Concurrency) switch
        {
            (null, null or "", _) => Delete(db, write),
            (null, _, _) => DeleteSame(db, write),
            (_, null or "", StateConcurrency.FirstWrite) => Insert(db, write),
            (_, null or "", _) => Upsert(db, write),
            _ => Update(db, write),
        };
        if (!applied)
            throw new ETagMismatchException(write.Key);
    }

    private bool Delete(SqliteSession db, StateWrite write)
    {
        db.Execute($"DELETE FROM {_table} WHERE key = ?", write.Key);
        return true; // what is not there needs no deleting
    }

    private bool DeleteSame(SqliteSession db, StateWrite write) =>
        db.Execute($"DELETE FROM {_table} WHERE key = ? AND etag = ?", write.Key, write.ETag) > 0;

    // An expired row that nobody has removed yet counts as none.
    private bool Insert(SqliteSession db, StateWrite write)
    {
        db.Execute($"DELETE FROM {_table} WHERE key = ? AND expires_at <= ?", write.Key, Now());
        return db.Execute(
            $"INSERT INTO {_table} (key, value, etag, expires_at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
            write.Key, write.Value, NewETag(), ExpiresAt(write)) > 0;
    }

    private bool Upsert(SqliteSession db, StateWrite write) => db.Execute(
        $"""
        INSERT INTO {_table} (key, value, etag, expires_at) VALUES (?, ?, ?, ?)
        ON CONFLICT (key) DO UPDATE SET value = excluded.value, etag = excluded.etag, expires_at = excluded.expires_at
        """, write.Key, write.Value, NewETag(), ExpiresAt(write)) > 0;

    private bool Update(SqliteSession db, StateWrite write) => db.Execute(
        $"UPDATE {_table} SET value = ?, etag = ?, expires_at = ? WHERE key = ? AND etag = ? AND (expires_at IS NULL OR expires_at > ?)",
        write.Value, NewETag(), ExpiresAt(write), write.Key, write.ETag, Now()) > 0;

    // Rides on a write, so that no timer has to run: a file that nobody writes does not grow.
    private void CleanUp(SqliteSession db)
    {
        var now = _time.GetUtcNow();
        if (_cleanupInterval <= TimeSpan.Zero || now - _lastCleanup < _cleanupInterval)
            return;
        _lastCleanup = now;
        db.Execute($"DELETE FROM {_table} WHERE expires_at <= ?", Now());
    }

    private object? ExpiresAt(StateWrite write) => write.TtlSeconds > 0 ? Now() + write.TtlSeconds * 1000L : null;

    private long Now() => _time.GetUtcNow().ToUnixTimeMilliseconds();

    private static string NewETag() => Guid.NewGuid().ToString();

    [GeneratedRegex(@"\A[A-Za-z0-9_]+\z")]
    private static partial Regex Identifier();
}
