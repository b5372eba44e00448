using Microsoft.Data.Sqlite;

namespace ImDapr.LocalDapr.Actors;

/// <summary>Reminders of all actors in one SQLite file: what daprd's scheduler keeps. Every change is on disk when the call returns.</summary>
/// <remarks>Times are UTC ticks. A reminder that is registered anew gets another revision, so a tick of the old one changes nothing.</remarks>
public sealed class ReminderStore : IDisposable
{
    private const string Columns = "type, id, name, data, due_time, ttl, period, repeats_left, tick, expires, due, attempts, revision";
    private readonly Lock _gate = new();
    private readonly SqliteConnection _connection;

    /// <param name="path">File; its folder is created when missing.</param>
    public ReminderStore(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        _connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString());
        _connection.Open();
        Execute("""
            PRAGMA journal_mode = WAL;
            PRAGMA synchronous = FULL;
            CREATE TABLE IF NOT EXISTS reminders (
                type TEXT NOT NULL, id TEXT NOT NULL, name TEXT NOT NULL, data BLOB, due_time TEXT, ttl TEXT, period INTEGER,
                repeats_left INTEGER NOT NULL, tick INTEGER NOT NULL, expires INTEGER, due INTEGER NOT NULL, attempts INTEGER NOT NULL,
                revision INTEGER NOT NULL, PRIMARY KEY (type, id, name)) WITHOUT ROWID;
            CREATE INDEX IF NOT EXISTS reminders_due ON reminders (type, due);
            """);
    }

    /// <summary>Raised after a reminder was registered: one may be due earlier than any before.</summary>
    public event Action? Saved;

    /// <returns>False when there is one of that name and <paramref name="overwrite"/> is not set.</returns>
    public bool Save(Reminder reminder, bool overwrite)
    {
        lock (_gate)
        {
            using var command = Command($"""
                INSERT INTO reminders ({Columns})
                VALUES ($type, $id, $name, $data, $dueTime, $ttl, $period, $repeatsLeft, $tick, $expires, $due, $attempts, abs(random()) >> 1)
                ON CONFLICT (type, id, name) DO {(overwrite ? Overwrite : "NOTHING")}
                """);
            Bind(command, reminder);
            if (command.ExecuteNonQuery() == 0)
                return false;
        }

        Saved?.Invoke();
        return true;
    }

    /// <summary>Stands a reminder at its next attempt, or removes it when there is none; unless it was registered anew meanwhile.</summary>
    public void MoveOn(Reminder fired, Reminder? next)
    {
        lock (_gate)
        {
            using var command = Command(next is null
                ? "DELETE FROM reminders WHERE type = $type AND id = $id AND name = $name AND revision = $revision"
                : """
                  UPDATE reminders SET repeats_left = $repeatsLeft, tick = $tick, due = $due, attempts = $attempts
                  WHERE type = $type AND id = $id AND name = $name AND revision = $revision
                  """);
            Bind(command, next ?? fired);
            command.ExecuteNonQuery();
        }
    }

    public void Delete(string type, string id, string name)
    {
        lock (_gate)
        {
            using var command = Keyed("DELETE FROM reminders WHERE type = $type AND id = $id AND name = $name", type, id, name);
            command.ExecuteNonQuery();
        }
    }

    public Reminder? Find(string type, string id, string name)
    {
        lock (_gate)
        {
            using var command = Keyed($"SELECT {Columns} FROM reminders WHERE type = $type AND id = $id AND name = $name", type, id, name);
            using var reader = command.ExecuteReader();
            return reader.Read() ? Read(reader) : null;
        }
    }

    /// <summary>The earliest reminders of a type that are due, at most <paramref name="limit"/>.</summary>
    public List<Reminder> Due(string type, DateTimeOffset now, int limit)
    {
        lock (_gate)
        {
            using var command = Command($"SELECT {Columns} FROM reminders WHERE type = $type AND due <= $now ORDER BY due LIMIT $limit");
            command.Parameters.AddWithValue("$type", type);
            command.Parameters.AddWithValue("$now", now.UtcTicks);
            command.Parameters.AddWithValue("$limit", limit);
            using var reader = command.ExecuteReader();
            var due = new List<Reminder>();
            while (reader.Read())
                due.Add(Read(reader));

            return due;
        }
    }

    /// <summary>When the next reminder of a type falls due after <paramref name="now"/>; null when none does.</summary>
    public DateTimeOffset? NextAfter(string type, DateTimeOffset now)
    {
        lock (_gate)
        {
            using var command = Command("SELECT MIN(due) FROM reminders WHERE type = $type AND due > $now");
            command.Parameters.AddWithValue("$type", type);
            command.Parameters.AddWithValue("$now", now.UtcTicks);
            return command.ExecuteScalar() is long ticks ? new DateTimeOffset(ticks, TimeSpan.Zero) : null;
        }
    }

    public void Dispose() => _connection.Dispose();

    private const string Overwrite = """
        UPDATE SET data = excluded.data, due_time = excluded.due_time, ttl = excluded.ttl, period = excluded.period,
            repeats_left = excluded.repeats_left, tick = excluded.tick, expires = excluded.expires, due = excluded.due,
            attempts = excluded.attempts, revision = excluded.revision
        """;

    private static void Bind(SqliteCommand command, Reminder reminder)
    {
        var values = command.Parameters;
        values.AddWithValue("$type", reminder.Type);
        values.AddWithValue("$id", reminder.Id);
        values.AddWithValue("$name", reminder.Name);
        values.AddWithValue("$data", (object?)reminder.Data ?? DBNull.Value);
        values.AddWithValue("$dueTime", (object?)reminder.DueTime ?? DBNull.Value);
        values.AddWithValue("$ttl", (object?)reminder.Ttl ?? DBNull.Value);
        values.AddWithValue("$period", (object?)reminder.Period?.Ticks ?? DBNull.Value);
        values.AddWithValue("$repeatsLeft", reminder.RepeatsLeft);
        values.AddWithValue("$tick", reminder.Tick.UtcTicks);
        values.AddWithValue("$expires", (object?)reminder.Expires?.UtcTicks ?? DBNull.Value);
        values.AddWithValue("$due", reminder.Due.UtcTicks);
        values.AddWithValue("$attempts", reminder.Attempts);
        values.AddWithValue("$revision", reminder.Revision);
    }

    private static Reminder Read(SqliteDataReader row) => new(
        row.GetString(0), row.GetString(1), row.GetString(2), row.IsDBNull(3) ? null : row.GetFieldValue<byte[]>(3), Text(row, 4), Text(row, 5),
        row.IsDBNull(6) ? null : TimeSpan.FromTicks(row.GetInt64(6)), row.GetInt32(7), Time(row.GetInt64(8)),
        row.IsDBNull(9) ? null : Time(row.GetInt64(9)), Time(row.GetInt64(10)), row.GetInt32(11), row.GetInt64(12));

    private static string? Text(SqliteDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);

    private static DateTimeOffset Time(long ticks) => new(ticks, TimeSpan.Zero);

    private SqliteCommand Keyed(string sql, string type, string id, string name)
    {
        var command = Command(sql);
        command.Parameters.AddWithValue("$type", type);
        command.Parameters.AddWithValue("$id", id);
        command.Parameters.AddWithValue("$name", name);
        return command;
    }

    private SqliteCommand Command(string sql)
    {
        var command = _connection.CreateCommand();
        command.CommandText = sql;
        return command;
    }

    private void Execute(string sql)
    {
        using var command = Command(sql);
        command.ExecuteNonQuery();
    }
}
