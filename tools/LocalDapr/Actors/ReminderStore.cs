using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Data.Sqlite;

namespace ImDapr.LocalDapr.Actors;

/// <summary>
/// Reminders of all actors, kept on disk so that they survive a restart of everything. daprd keeps them in its Scheduler; a reminder that falls due
/// while nobody hosts its type fires when somebody does.
/// </summary>
/// <remarks>reminders (actor_type, actor_id, name) data, due_at (Unix ms), period_ms, repeats, ends_at</remarks>
public sealed partial class ReminderStore : IAsyncDisposable
{
    // daprd's default failure policy: constant 1 s, 3 retries, then this tick is given up.
    private const int Retries = 3;
    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(1);

    private readonly SqliteConnection _database;
    private readonly SemaphoreSlim _databaseGate = new(1, 1);
    private readonly TimeProvider _time;
    private readonly ILogger<ReminderStore> _logger;
    private readonly ConcurrentDictionary<(ActorKey Actor, string Name), Reminder> _reminders = new();
    private readonly ConcurrentDictionary<ActorRuntime, bool> _hosts = new();

    public ReminderStore(string path, TimeProvider time, ILogger<ReminderStore> logger)
    {
        (_time, _logger) = (time, logger);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        _database = new SqliteConnection($"Data Source={path};Pooling=False");
        _database.Open();
        Execute(
            """
            PRAGMA journal_mode = WAL;
            CREATE TABLE IF NOT EXISTS reminders (
              actor_type TEXT NOT NULL, actor_id TEXT NOT NULL, name TEXT NOT NULL, data TEXT, due_at INTEGER NOT NULL,
              period_ms INTEGER, repeats INTEGER, ends_at INTEGER, due_text TEXT, period_text TEXT, PRIMARY KEY (actor_type, actor_id, name));
            """);
        foreach (var reminder in ReadAll())
            _reminders[(reminder.Actor, reminder.Name)] = reminder;
    }

    internal void HostJoined(ActorRuntime host)
    {
        _hosts[host] = true;
        foreach (var reminder in _reminders.Values.Where(reminder => host.Hosts(reminder.Actor.Type)))
            Start(reminder);
    }

    internal void HostLeft(ActorRuntime host) => _hosts.TryRemove(host, out _);

    public async Task RegisterAsync(ActorKey actor, string name, JsonElement body, CancellationToken cancellationToken)
    {
        ActorSchedule schedule;
        try
        {
            schedule = ActorSchedule.Read(body, _time.GetUtcNow());
        }
        catch (FormatException exception)
        {
            throw ActorErrors.ReminderCreate(exception.Message);
        }
        var reminder = new Reminder(actor, name, Raw(body, "data"), schedule, Text(body, "dueTime"), Text(body, "period"));
        await SaveAsync(reminder, cancellationToken);
        if (_reminders.TryGetValue((actor, name), out var known))
            known.Stop.Cancel();
        _reminders[(actor, name)] = reminder;
        Start(reminder);
    }

    public async Task UnregisterAsync(ActorKey actor, string name, CancellationToken cancellationToken)
    {
        await DeleteAsync(actor, name, cancellationToken);
        if (_reminders.TryRemove((actor, name), out var known))
            known.Stop.Cancel();
    }

    /// <summary>The reminder as daprd shows it, or null.</summary>
    public JsonObject? Find(ActorKey actor, string name) => !_reminders.TryGetValue((actor, name), out var reminder) ? null : new JsonObject
    {
        ["actorID"] = actor.Id,
        ["actorType"] = actor.Type,
        ["dueTime"] = reminder.DueText,
        ["period"] = reminder.PeriodText,
        ["data"] = reminder.Data is null ? null : JsonNode.Parse(reminder.Data),
    };

    private void Start(Reminder reminder)
    {
        if (Interlocked.Exchange(ref reminder.Started, 1) == 0)
            _ = RunAsync(reminder);
    }

    private async Task RunAsync(Reminder reminder)
    {
        try
        {
            for (ActorSchedule? schedule = reminder.Schedule; schedule is not null;)
            {
                var wait = schedule.DueAt - _time.GetUtcNow();
                if (wait > TimeSpan.Zero)
                    await Task.Delay(wait, _time, reminder.Stop.Token);
                if (!await TickAsync(reminder))
                    return;
                schedule = schedule.Next(_time.GetUtcNow());
                if (schedule is not null)
                    await SaveAsync(reminder with { Schedule = schedule }, reminder.Stop.Token);
            }
            await UnregisterAsync(reminder.Actor, reminder.Name, CancellationToken.None);
        }
        catch (OperationCanceledException) when (reminder.Stop.IsCancellationRequested)
        {
            LogStopped(reminder.Name, reminder.Actor.Type, reminder.Actor.Id);
        }
        catch (Exception exception)
        {
            LogFailed(exception, reminder.Name, reminder.Actor.Type, reminder.Actor.Id);
        }
    }

    /// <returns>False when nobody hosts the type: the reminder rests until somebody does.</returns>
    private async Task<bool> TickAsync(Reminder reminder)
    {
        var payload = JsonSerializer.SerializeToUtf8Bytes(new JsonObject
        {
            // Scheduler jobs carry neither text.
            ["data"] = reminder.Data is null ? null : JsonNode.Parse(reminder.Data),
            ["dueTime"] = "",
            ["period"] = "",
        });
        for (var retry = 0; retry <= Retries; retry++)
        {
            if (_hosts.Keys.FirstOrDefault(host => host.Hosts(reminder.Actor.Type)) is not { } host)
            {
                Interlocked.Exchange(ref reminder.Started, 0);
                return false;
            }
            try
            {
                await ActorCallback.SendAsync(host, reminder.Actor, $"remind/{Uri.EscapeDataString(reminder.Name)}", payload, reminder.Stop.Token);
                return true;
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                LogFailed(exception, reminder.Name, reminder.Actor.Type, reminder.Actor.Id);
                await Task.Delay(RetryDelay, _time, reminder.Stop.Token);
            }
        }
        return true;
    }

    private async Task SaveAsync(Reminder reminder, CancellationToken cancellationToken)
    {
        await _databaseGate.WaitAsync(cancellationToken);
        try
        {
            Execute(
                """
                INSERT OR REPLACE INTO reminders (actor_type, actor_id, name, data, due_at, period_ms, repeats, ends_at, due_text, period_text)
                VALUES ($type, $id, $name, $data, $due, $period, $repeats, $ends, $dueText, $periodText)
                """,
                ("$type", reminder.Actor.Type), ("$id", reminder.Actor.Id), ("$name", reminder.Name), ("$data", reminder.Data),
                ("$due", reminder.Schedule.DueAt.ToUnixTimeMilliseconds()), ("$period", (long?)reminder.Schedule.Period?.TotalMilliseconds),
                ("$repeats", reminder.Schedule.Repeats), ("$ends", reminder.Schedule.EndsAt?.ToUnixTimeMilliseconds()),
                ("$dueText", reminder.DueText), ("$periodText", reminder.PeriodText));
        }
        finally
        {
            _databaseGate.Release();
        }
    }

    private async Task DeleteAsync(ActorKey actor, string name, CancellationToken cancellationToken)
    {
        await _databaseGate.WaitAsync(cancellationToken);
        try
        {
            Execute("DELETE FROM reminders WHERE actor_type = $type AND actor_id = $id AND name = $name", ("$type", actor.Type), ("$id", actor.Id), ("$name", name));
        }
        finally
        {
            _databaseGate.Release();
        }
    }

    private List<Reminder> ReadAll()
    {
        using var command = _database.CreateCommand();
        command.CommandText = "SELECT actor_type, actor_id, name, data, due_at, period_ms, repeats, ends_at, due_text, period_text FROM reminders";
        using var rows = command.ExecuteReader();
        var reminders = new List<Reminder>();
        while (rows.Read())
        {
            var schedule = new ActorSchedule(
                DateTimeOffset.FromUnixTimeMilliseconds(rows.GetInt64(4)),
                rows.IsDBNull(5) ? null : TimeSpan.FromMilliseconds(rows.GetInt64(5)),
                rows.IsDBNull(6) ? null : rows.GetInt32(6),
                rows.IsDBNull(7) ? null : DateTimeOffset.FromUnixTimeMilliseconds(rows.GetInt64(7)));
            reminders.Add(new Reminder(
                new ActorKey(rows.GetString(0), rows.GetString(1)), rows.GetString(2), Nullable(rows, 3), schedule, Nullable(rows, 8), Nullable(rows, 9)));
        }
        return reminders;
    }

    private static string? Nullable(SqliteDataReader rows, int column) => rows.IsDBNull(column) ? null : rows.GetString(column);

    private void Execute(string sql, params (string Name, object? Value)[] parameters)
    {
        using var command = _database.CreateCommand();
        command.CommandText = sql;
        foreach (var (name, value) in parameters)
            command.Parameters.AddWithValue(name, value ?? DBNull.Value);
        command.ExecuteNonQuery();
    }

    private static string? Raw(JsonElement body, string name) =>
        body.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value.GetRawText() : null;

    private static string? Text(JsonElement body, string name) =>
        body.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    public async ValueTask DisposeAsync()
    {
        foreach (var reminder in _reminders.Values)
            await reminder.Stop.CancelAsync();
        await _databaseGate.WaitAsync();
        await _database.DisposeAsync();
    }

    private sealed record Reminder(ActorKey Actor, string Name, string? Data, ActorSchedule Schedule, string? DueText, string? PeriodText)
    {
        public int Started;

        public CancellationTokenSource Stop { get; } = new();
    }

    [LoggerMessage(9321, LogLevel.Warning, "Reminder {Name} of {Type} {Id} failed")]
    private partial void LogFailed(Exception exception, string name, string type, string id);

    [LoggerMessage(9322, LogLevel.Debug, "Reminder {Name} of {Type} {Id} was removed or replaced")]
    private partial void LogStopped(string name, string type, string id);
}
