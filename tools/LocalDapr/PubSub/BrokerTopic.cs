using ImDapr.LocalDapr.Sqlite;

namespace ImDapr.LocalDapr.PubSub;

/// <summary>The groups of one topic that somebody consumes in this process.</summary>
internal sealed class BrokerTopic(SqliteDatabase database, string name)
{
    private readonly SemaphoreSlim _joining = new(1, 1);
    private readonly Dictionary<string, BrokerGroup> _groups = [];
    private long _published;

    public string Name => name;

    public long CountPublished() => Interlocked.Increment(ref _published);

    public void Wake()
    {
        lock (_groups)
        {
            foreach (var group in _groups.Values)
                group.Wake();
        }
    }

    public long FinishedByEphemeralGroups()
    {
        lock (_groups)
            return _groups.Values.Where(group => group.IsEphemeral).Select(group => group.Position).DefaultIfEmpty(long.MaxValue).Min();
    }

    public async Task<BrokerGroup> JoinAsync(string groupName, bool ephemeral, CancellationToken cancellationToken)
    {
        await _joining.WaitAsync(cancellationToken);
        try
        {
            var group = Find(groupName) ?? Add(groupName, await LoadAsync(groupName, ephemeral, cancellationToken));
            group.Join();
            return group;
        }
        finally
        {
            _joining.Release();
        }
    }

    private BrokerGroup? Find(string groupName)
    {
        lock (_groups)
            return _groups.GetValueOrDefault(groupName);
    }

    private BrokerGroup Add(string groupName, BrokerGroup group)
    {
        lock (_groups)
            return _groups[groupName] = group;
    }

    private void Forget(string groupName)
    {
        lock (_groups)
            _groups.Remove(groupName);
    }

    // In a transaction of the writer: nothing is published between the end that an ephemeral group reads and its start there.
    private Task<BrokerGroup> LoadAsync(string groupName, bool ephemeral, CancellationToken cancellationToken) => database.WriteAsync(db =>
    {
        if (ephemeral)
        {
            var end = db.Query("SELECT seq FROM sqlite_sequence WHERE name = 'broker_messages'", row => row.Int64(0)).SingleOrDefault();
            return new BrokerGroup(database, name, groupName, end, [], ended: () => Forget(groupName));
        }
        db.Execute("INSERT INTO broker_groups (topic, name, position) VALUES (?, ?, 0) ON CONFLICT DO NOTHING", name, groupName);
        var position = db.Query("SELECT position FROM broker_groups WHERE topic = ? AND name = ?", row => row.Int64(0), name, groupName).Single();
        var finished = db.Query("SELECT id FROM broker_finished WHERE topic = ? AND name = ?", row => row.Int64(0), name, groupName);
        return new BrokerGroup(database, name, groupName, position, [.. finished], ended: null);
    }, cancellationToken);
}
