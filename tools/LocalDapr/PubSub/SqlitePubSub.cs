using System.Text.Json;
using System.Threading.Channels;
using ImDapr.LocalDapr.Resources;
using ImDapr.LocalDapr.State;
using Microsoft.Data.Sqlite;

namespace ImDapr.LocalDapr.PubSub;

/// <summary>
/// <c>pubsub.sqlite</c>, for the embedded stack; real Dapr has no such component. A durable broker with the manners of <c>pubsub.redis</c>: a
/// group per consumer id whose members compete, acknowledged whatever the handler answered unless it was cut off, what was taken and not
/// finished comes again after a restart. A group marked <c>ephemeral</c> lives in memory and starts with what is published from now on.
/// </summary>
/// <remarks>
/// topics_messages (id, topic, data, metadata)   what is retained, the newest maxLenApprox of a topic
/// topics_groups   (topic, group_name, last_id)  up to where a group has taken
/// topics_pending  (topic, group_name, id)       taken and not finished
/// </remarks>
public sealed partial class SqlitePubSub : IPubSub
{
    // Trimmed once in so many publishes of a topic, not with each.
    private const int TrimEvery = 1_000;
    private const int TakeAtOnce = 256;
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(500);

    private readonly SqliteFile _file;
    private readonly string _path;
    private readonly ILogger<SqlitePubSub> _logger;
    private readonly TimeProvider _time;
    private readonly string _group;
    private readonly bool _ephemeral;
    private readonly int _concurrency;
    private readonly int _maxLength;
    private readonly TimeSpan _processingTimeout;
    private readonly CancellationTokenSource _stopping = new();
    private readonly List<Task> _loops = [];

    public SqlitePubSub(ComponentSpec spec, TimeProvider time, ILogger<SqlitePubSub> logger)
    {
        (_time, _logger) = (time, logger);
        _path = Path.GetFullPath(Path.Combine(spec.WorkingFolder, spec.Require("path")));
        _file = SqliteFile.Take(_path);
        _group = spec.Find("consumerID") ?? spec.AppId;
        _ephemeral = spec.Find("ephemeral") is { } ephemeral && RedisSettings.IsTrue(ephemeral);
        _concurrency = PubSubs.Number(spec, "concurrency", 10);
        _maxLength = PubSubs.Number(spec, "maxLenApprox", 10_000);
        _processingTimeout = PubSubs.Duration(spec, "processingTimeout", TimeSpan.FromSeconds(60));
    }

    public Task InitAsync(CancellationToken cancellationToken) => _file.WriteAsync(
        connection => Execute(
            connection,
            """
            CREATE TABLE IF NOT EXISTS topics_messages (id INTEGER PRIMARY KEY AUTOINCREMENT, topic TEXT NOT NULL, data BLOB NOT NULL, metadata TEXT NOT NULL);
            CREATE INDEX IF NOT EXISTS topics_messages_topic ON topics_messages (topic, id);
            CREATE TABLE IF NOT EXISTS topics_groups (topic TEXT NOT NULL, group_name TEXT NOT NULL, last_id INTEGER NOT NULL, PRIMARY KEY (topic, group_name));
            CREATE TABLE IF NOT EXISTS topics_pending (topic TEXT NOT NULL, group_name TEXT NOT NULL, id INTEGER NOT NULL, PRIMARY KEY (topic, group_name, id));
            """),
        cancellationToken);

    public async Task PublishAsync(BrokerMessage message, CancellationToken cancellationToken)
    {
        await _file.WriteAsync(
            connection =>
            {
                var inserted = Scalar(
                    connection, "INSERT INTO topics_messages (topic, data, metadata) VALUES ($topic, $data, $metadata) RETURNING id",
                    ("$topic", message.Topic), ("$data", message.Data), ("$metadata", JsonSerializer.Serialize(message.Metadata)));
                if (inserted % TrimEvery == 0)
                    Trim(connection, message.Topic);
                return inserted;
            },
            cancellationToken);
        TopicSignals.Raise(_path, message.Topic);
    }

    public async Task SubscribeAsync(
        string topic, IReadOnlyDictionary<string, string> metadata, BrokerHandler handler, CancellationToken lifetime)
    {
        var stop = CancellationTokenSource.CreateLinkedTokenSource(lifetime, _stopping.Token).Token;
        var group = TopicGroups.Join(_path, topic, _group);
        // Joined and raised before the first look, so that nothing published in between is missed.
        var start = _ephemeral ? await LastIdAsync(topic, lifetime) : await OpenGroupAsync(group, topic, lifetime);
        group.StartAt(start);
        var queue = Channel.CreateBounded<(long Id, BrokerMessage Message)>(_concurrency);
        lock (_loops)
        {
            _loops.Add(Task.Run(() => TakeAsync(group, topic, queue.Writer, stop), CancellationToken.None));
            _loops.AddRange(Enumerable.Range(0, _concurrency).Select(_ => Task.Run(() => WorkAsync(topic, queue.Reader, handler, stop), CancellationToken.None)));
        }
    }

    private Task<long> LastIdAsync(string topic, CancellationToken cancellationToken) => _file.ReadAsync(
        connection => Task.FromResult(Scalar(connection, "SELECT COALESCE(MAX(id), 0) FROM topics_messages WHERE topic = $topic", ("$topic", topic))), cancellationToken);

    /// <summary>The group's place. The first member of this process puts back what an earlier process took and did not finish.</summary>
    private Task<long> OpenGroupAsync(TopicGroup group, string topic, CancellationToken cancellationToken) => _file.WriteAsync(
        connection =>
        {
            Execute(connection, "INSERT OR IGNORE INTO topics_groups (topic, group_name, last_id) VALUES ($topic, $group, 0)", ("$topic", topic), ("$group", _group));
            if (group.TakeRecovery())
                group.PutBack(Pending(connection, topic));
            return Scalar(connection, "SELECT last_id FROM topics_groups WHERE topic = $topic AND group_name = $group", ("$topic", topic), ("$group", _group));
        },
        cancellationToken);

    private async Task TakeAsync(TopicGroup group, string topic, ChannelWriter<(long, BrokerMessage)> queue, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                var news = TopicSignals.Next(_path, topic);
                var back = group.PutBackSignal;
                var taken = await TakeSomeAsync(group, topic, stop);
                foreach (var entry in taken)
                    await queue.WriteAsync(entry, stop);
                if (taken.Count == 0)
                    await Task.WhenAny(news, back).WaitAsync(stop);
            }
            catch (SqliteException exception)
            {
                LogTakingFailed(exception, topic);
                await Task.WhenAny(Task.Delay(RetryDelay, _time, stop));
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                break;
            }
        }
        queue.TryComplete();
    }

    private Task<List<(long, BrokerMessage)>> TakeSomeAsync(TopicGroup group, string topic, CancellationToken stop) => _file.WriteAsync(
        connection =>
        {
            var ids = group.TakeBack(TakeAtOnce);
            var taken = ids.Count > 0
                ? Read(connection, $"SELECT id, data, metadata FROM topics_messages WHERE topic = $topic AND id IN ({string.Join(',', ids)}) ORDER BY id", topic, 0)
                : Read(connection, $"SELECT id, data, metadata FROM topics_messages WHERE topic = $topic AND id > $after ORDER BY id LIMIT {TakeAtOnce}", topic, group.LastId);
            if (ids.Count > 0 || taken.Count == 0)
                return taken;
            group.Advance(taken[^1].Item1);
            if (!_ephemeral)
                RecordTaken(connection, topic, taken);
            return taken;
        },
        stop);

    private void RecordTaken(SqliteConnection connection, string topic, List<(long Id, BrokerMessage Message)> taken)
    {
        Execute(
            connection, "UPDATE topics_groups SET last_id = $last WHERE topic = $topic AND group_name = $group",
            ("$last", taken[^1].Id), ("$topic", topic), ("$group", _group));
        foreach (var (id, _) in taken)
        {
            Execute(
                connection, "INSERT OR IGNORE INTO topics_pending (topic, group_name, id) VALUES ($topic, $group, $id)",
                ("$topic", topic), ("$group", _group), ("$id", id));
        }
    }

    private async Task WorkAsync(string topic, ChannelReader<(long Id, BrokerMessage Message)> queue, BrokerHandler handler, CancellationToken stop)
    {
        await foreach (var (id, message) in queue.ReadAllAsync(CancellationToken.None))
        {
            if (!stop.IsCancellationRequested && await HandleAsync(topic, message, handler, stop) && !_ephemeral)
                await AcknowledgeAsync(topic, id);
            else if (!_ephemeral)
                TopicGroups.Find(_path, topic, _group)?.PutBack([id]);
        }
    }

    /// <returns>Whether the message is done with: handled, or failed as far as the app is concerned.</returns>
    private async Task<bool> HandleAsync(string topic, BrokerMessage message, BrokerHandler handler, CancellationToken stop)
    {
        using var timeout = new CancellationTokenSource(_processingTimeout, _time);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop, timeout.Token);
        try
        {
            await handler(message, limit.Token);
            return true;
        }
        catch (Exception exception)
        {
            LogHandlerFailed(exception, topic);
            return !limit.IsCancellationRequested;
        }
    }

    // Not cancelled: the message is done with, and must not come again because we are stopping.
    private Task AcknowledgeAsync(string topic, long id) => _file.WriteAsync(
        connection => Execute(
            connection, "DELETE FROM topics_pending WHERE topic = $topic AND group_name = $group AND id = $id",
            ("$topic", topic), ("$group", _group), ("$id", id)),
        CancellationToken.None);

    private List<long> Pending(SqliteConnection connection, string topic)
    {
        using var command = Command(
            connection, "SELECT id FROM topics_pending WHERE topic = $topic AND group_name = $group ORDER BY id", ("$topic", topic), ("$group", _group));
        using var rows = command.ExecuteReader();
        var ids = new List<long>();
        while (rows.Read())
            ids.Add(rows.GetInt64(0));
        return ids;
    }

    // As a stream of Redis: the oldest go, whoever has not read them; what was taken and not finished stays.
    private void Trim(SqliteConnection connection, string topic) => Execute(
        connection,
        """
        DELETE FROM topics_messages WHERE topic = $topic
          AND id <= (SELECT MAX(id) FROM topics_messages WHERE topic = $topic) - $keep
          AND id NOT IN (SELECT id FROM topics_pending WHERE topic = $topic)
        """,
        ("$topic", topic), ("$keep", _maxLength));

    private static List<(long, BrokerMessage)> Read(SqliteConnection connection, string sql, string topic, long after)
    {
        using var command = Command(connection, sql, ("$topic", topic), ("$after", after));
        using var rows = command.ExecuteReader();
        var messages = new List<(long, BrokerMessage)>();
        while (rows.Read())
        {
            var metadata = JsonSerializer.Deserialize<Dictionary<string, string>>(rows.GetString(2))!;
            messages.Add((rows.GetInt64(0), new BrokerMessage(topic, rows.GetFieldValue<byte[]>(1), metadata)));
        }
        return messages;
    }

    private static long Scalar(SqliteConnection connection, string sql, params (string Name, object Value)[] parameters)
    {
        using var command = Command(connection, sql, parameters);
        return (long)command.ExecuteScalar()!;
    }

    private static int Execute(SqliteConnection connection, string sql, params (string Name, object Value)[] parameters)
    {
        using var command = Command(connection, sql, parameters);
        return command.ExecuteNonQuery();
    }

    private static SqliteCommand Command(SqliteConnection connection, string sql, params (string Name, object Value)[] parameters)
    {
        var command = connection.CreateCommand();
        command.CommandText = sql;
        foreach (var (name, value) in parameters)
            command.Parameters.AddWithValue(name, value);
        return command;
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await Task.WhenAll(_loops);
        await _file.DisposeAsync();
        _stopping.Dispose();
    }

    [LoggerMessage(9221, LogLevel.Error, "Taking messages of {Topic} failed")]
    private partial void LogTakingFailed(Exception exception, string topic);

    [LoggerMessage(9222, LogLevel.Error, "Handling a message on {Topic} failed")]
    private partial void LogHandlerFailed(Exception exception, string topic);
}
