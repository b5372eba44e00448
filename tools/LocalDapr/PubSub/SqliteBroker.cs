using System.Collections.Concurrent;
using System.Text.Json;
using ImDapr.LocalDapr.Sqlite;

namespace ImDapr.LocalDapr.PubSub;

internal sealed record StoredMessage(long Id, BrokerMessage Message);

/// <summary>The topics and consumer groups of one file, for all components of this process that use it.</summary>
/// <remarks>
/// broker_messages (id, topic, data, metadata)   ids rise in the order of commits; a message is published once its row is committed
/// broker_groups   (topic, name, position)       what a group has finished: everything up to position …
/// broker_finished (topic, name, id)             … and these beyond it
/// What a group took and has not finished is in memory only: after a crash it is taken again.
/// </remarks>
internal sealed class SqliteBroker(SqliteDatabase database)
{
    // Trimming costs a walk over the index, so it comes with every so many messages: hence "about" in maxLenApprox.
    private const int MessagesBetweenTrims = 100;

    private readonly ConcurrentDictionary<string, BrokerTopic> _topics = [];

    public Task InitAsync(CancellationToken cancellationToken) => database.WriteAsync(db =>
    {
        db.Execute("CREATE TABLE IF NOT EXISTS broker_messages (id INTEGER PRIMARY KEY AUTOINCREMENT, topic TEXT NOT NULL, data BLOB NOT NULL, metadata TEXT)");
        db.Execute("CREATE INDEX IF NOT EXISTS broker_messages_topic ON broker_messages (topic, id)");
        db.Execute(
            """
            CREATE TABLE IF NOT EXISTS broker_groups (
              topic TEXT NOT NULL, name TEXT NOT NULL, position INTEGER NOT NULL, PRIMARY KEY (topic, name)) WITHOUT ROWID
            """);
        db.Execute(
            """
            CREATE TABLE IF NOT EXISTS broker_finished (
              topic TEXT NOT NULL, name TEXT NOT NULL, id INTEGER NOT NULL, PRIMARY KEY (topic, name, id)) WITHOUT ROWID
            """);
        return true;
    }, cancellationToken);

    /// <summary>Returns when the message is committed.</summary>
    /// <param name="maxLength">About how many messages the topic keeps, wanted or not; 0: those that a group still needs.</param>
    public async Task PublishAsync(BrokerMessage message, int maxLength, CancellationToken cancellationToken)
    {
        var topic = Topic(message.Topic);
        var metadata = message.Metadata.Count == 0 ? null : JsonSerializer.Serialize(message.Metadata);
        await database.WriteAsync(db =>
        {
            db.Execute("INSERT INTO broker_messages (topic, data, metadata) VALUES (?, ?, ?)", message.Topic, message.Data, metadata);
            if (topic.CountPublished() % MessagesBetweenTrims == 0)
                Trim(db, topic, maxLength);
            return true;
        }, cancellationToken);
        topic.Wake();
    }

    /// <summary>Makes a consumer of the group, which exists from now on. A new one starts with the oldest message that is kept.</summary>
    /// <param name="ephemeral">The group starts with the next message, and ends with its last consumer.</param>
    public Task<BrokerGroup> JoinAsync(string topic, string name, bool ephemeral, CancellationToken cancellationToken) =>
        Topic(topic).JoinAsync(name, ephemeral, cancellationToken);

    private BrokerTopic Topic(string name) => _topics.GetOrAdd(name, name => new BrokerTopic(database, name));

    private static void Trim(SqliteSession db, BrokerTopic topic, int maxLength)
    {
        if (maxLength > 0)
            db.Execute(
                """
                DELETE FROM broker_messages WHERE topic = ?1 AND id <=
                  (SELECT id FROM broker_messages WHERE topic = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)
                """, topic.Name, maxLength);
        else if (FinishedByAll(db, topic) is { } id)
            db.Execute("DELETE FROM broker_messages WHERE topic = ? AND id <= ?", topic.Name, id);
    }

    // Null while the topic has no lasting group: the first one is promised everything.
    private static long? FinishedByAll(SqliteSession db, BrokerTopic topic)
    {
        var lasting = db.Query("SELECT position FROM broker_groups WHERE topic = ?", row => row.Int64(0), topic.Name);
        return lasting.Count == 0 ? null : Math.Min(lasting.Min(), topic.FinishedByEphemeralGroups());
    }
}
