using System.Text.Json;
using ImDapr.LocalDapr.Sqlite;

namespace ImDapr.LocalDapr.PubSub;

/// <summary>A consumer group: its consumers compete for the messages of the topic, oldest first, returned ones before new ones.</summary>
/// <param name="position">Everything up to here is finished.</param>
/// <param name="finished">What is finished beyond.</param>
/// <param name="ended">Called when the last consumer has left an ephemeral group; null for a lasting one.</param>
internal sealed class BrokerGroup(SqliteDatabase database, string topic, string name, long position, HashSet<long> finished, Action? ended)
{
    private static readonly IReadOnlyDictionary<string, string> NoMetadata = new Dictionary<string, string>();

    private readonly WakeSignal _signal = new();
    private readonly SemaphoreSlim _reading = new(1, 1);
    private readonly Lock _gate = new();
    private readonly SortedSet<long> _taken = [];
    private readonly SortedSet<long> _returned = [];
    private readonly List<long> _unsaved = [];
    private long _read = position;
    private long _saved = position;
    private int _consumers;

    public string Topic => topic;

    public bool IsEphemeral => ended is not null;

    /// <summary>Everything up to here is finished.</summary>
    public long Position
    {
        get
        {
            lock (_gate)
                return Math.Min(_taken.Count == 0 ? _read : _taken.Min - 1, _returned.Count == 0 ? _read : _returned.Min - 1);
        }
    }

    public void Wake() => _signal.Set();

    public void Join() => Interlocked.Increment(ref _consumers);

    public void Leave()
    {
        if (Interlocked.Decrement(ref _consumers) == 0)
            ended?.Invoke();
        Wake(); // in case the call that woke this consumer was meant for the others
    }

    /// <summary>Waits for messages and takes up to <paramref name="count"/>; each must be acknowledged or returned.</summary>
    public async Task<IReadOnlyList<StoredMessage>> TakeAsync(int count, CancellationToken cancellationToken)
    {
        while (true)
        {
            var messages = await TryTakeAsync(count, cancellationToken);
            if (messages.Count > 0)
                return messages;
            await _signal.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Finishes a message; on disk when this returns, unless the group is ephemeral.</summary>
    public async Task AcknowledgeAsync(long id, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            _taken.Remove(id);
            _returned.Remove(id); // given back as late, and done after all
            if (IsEphemeral)
                return;
            _unsaved.Add(id);
        }
        await database.WriteAsync(Save, cancellationToken);
    }

    /// <summary>Gives a message back, for any consumer of the group.</summary>
    public void Return(long id)
    {
        lock (_gate)
        {
            if (_taken.Remove(id))
                _returned.Add(id);
        }
        Wake();
    }

    private async Task<IReadOnlyList<StoredMessage>> TryTakeAsync(int count, CancellationToken cancellationToken)
    {
        await _reading.WaitAsync(cancellationToken);
        try
        {
            var messages = await ReadReturnedAsync(count, cancellationToken);
            if (messages.Count == 0)
                messages = await ReadNewAsync(count, cancellationToken);
            if (messages.Count > 0)
                Wake(); // there may be more, for another consumer
            return messages;
        }
        finally
        {
            _reading.Release();
        }
    }

    private async Task<List<StoredMessage>> ReadReturnedAsync(int count, CancellationToken cancellationToken)
    {
        long[] ids;
        lock (_gate)
            ids = [.. _returned.Take(count)];
        if (ids.Length == 0)
            return [];
        var messages = await database.ReadAsync(
            db => ids.SelectMany(id => db.Query("SELECT id, data, metadata FROM broker_messages WHERE id = ?", Read, id)).ToList(), cancellationToken);
        lock (_gate)
        {
            // What was trimmed meanwhile is gone for this group too.
            _returned.ExceptWith(ids);
            _taken.UnionWith(messages.Select(message => message.Id));
        }
        return messages;
    }

    private async Task<List<StoredMessage>> ReadNewAsync(int count, CancellationToken cancellationToken)
    {
        while (true)
        {
            var page = await database.ReadAsync(
                db => db.Query("SELECT id, data, metadata FROM broker_messages WHERE topic = ? AND id > ? ORDER BY id LIMIT ?", Read, topic, _read, count),
                cancellationToken);
            var messages = page.Where(message => !finished.Remove(message.Id)).ToList();
            lock (_gate)
            {
                _taken.UnionWith(messages.Select(message => message.Id));
                if (page.Count > 0)
                    _read = page[^1].Id;
            }
            if (messages.Count > 0 || page.Count == 0)
                return messages;
        }
    }

    // Acknowledgements that came together are saved by the first of their requests; the others find nothing to do.
    private bool Save(SqliteSession db)
    {
        long[] ids;
        lock (_gate)
        {
            ids = [.. _unsaved];
            _unsaved.Clear();
        }
        if (ids.Length == 0)
            return true;
        var position = Position;
        foreach (var id in ids.Where(id => id > position))
            db.Execute("INSERT INTO broker_finished (topic, name, id) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", topic, name, id);
        if (position > _saved)
        {
            db.Execute("UPDATE broker_groups SET position = ? WHERE topic = ? AND name = ?", position, topic, name);
            db.Execute("DELETE FROM broker_finished WHERE topic = ? AND name = ? AND id <= ?", topic, name, position);
            _saved = position;
        }
        return true;
    }

    private StoredMessage Read(SqliteStatement row)
    {
        var metadata = row.IsNull(2) ? NoMetadata : JsonSerializer.Deserialize<Dictionary<string, string>>(row.Bytes(2))!;
        return new StoredMessage(row.Int64(0), new BrokerMessage(topic, row.Bytes(1).ToArray(), metadata));
    }
}
