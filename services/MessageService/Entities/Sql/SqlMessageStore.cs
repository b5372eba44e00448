using System.Globalization;
using ImDapr.Contracts;
using ImDapr.MessageService.Conversations;
using ImDapr.MessageService.Sending;
using ImDapr.ServiceDefaults.Observability;
using ImDapr.ServiceDefaults.Sql;

namespace ImDapr.MessageService.Entities.Sql;

/// <summary>Storage model <c>redis+mysql</c>: entities are rows of <see cref="SqlMessageTable"/> and are kept for good.</summary>
public sealed class SqlMessageStore(SqlShards shards, SqlMessageTable table, SqlSequencer sequencer, ConversationHeads heads, TimeProvider time) : IMessageStore
{
    // Others amend the same message meanwhile; losing so often means that something else is wrong.
    private const int MaxSwaps = 20;
    private const int ConversationsPerQuery = 500;
    private const int MessagesPerQuery = 10_000;

    public int Lanes => shards.All.Count;

    public int LaneOf(string conversationId) => shards.IndexOf(conversationId);

    public Task<SequencedBatch> AppendAsync(IReadOnlyList<PendingSend> sends, CancellationToken cancellationToken) =>
        sequencer.StoreAsync(sends, cancellationToken);

    public void Observe(string conversationId, long seq) => heads.Observe(conversationId, seq);

    public async Task<IReadOnlyDictionary<string, long>> HeadsAsync(IReadOnlyCollection<string> conversationIds, CancellationToken cancellationToken) =>
        await table.HeadsAsync(conversationIds, cancellationToken);

    /// <summary>The own last seq is only looked for beyond the read mark: a walk over what is unread, where the timeline's own key serves.</summary>
    public async Task<IReadOnlyDictionary<string, ConversationActivity>> ActivityAsync(
        IReadOnlyCollection<Membership> memberships, CancellationToken cancellationToken)
    {
        var activity = new Dictionary<string, ConversationActivity>(memberships.Count);
        foreach (var user in memberships.GroupBy(membership => membership.UserId))
        {
            var rows = await shards.EachAsync(user, membership => membership.ConversationId, ConversationsPerQuery, (sql, chunk) =>
                sql.QueryAsync(ActivitySql(chunk.Length), [user.Key, .. chunk.Select(membership => membership.ConversationId)], cancellationToken));
            foreach (var row in rows.Where(row => row.Int64OrNull("last_seq") is not null))
                activity[row.String("conversation_id")] = new(row.Int64("last_seq"), row.Int64OrNull("last_at") ?? 0, row.Int64OrNull("sent_seq") ?? 0);
        }
        return activity;
    }

    private static string ActivitySql(int conversations) =>
        $"""
        SELECT m.conversation_id AS conversation_id,
          (SELECT MAX(e.seq) FROM messages e WHERE e.conversation_id = m.conversation_id) AS last_seq,
          (SELECT MAX(e.seq) FROM messages e WHERE e.conversation_id = m.conversation_id AND e.seq > m.read_seq AND e.sender_id = m.user_id) AS sent_seq,
          (SELECT e.sent_at FROM messages e WHERE e.conversation_id = m.conversation_id ORDER BY e.seq DESC LIMIT 1) AS last_at
        FROM members m WHERE m.user_id = ? AND m.conversation_id IN ({SqlClient.Marks(conversations)})
        """;

    public async Task<IReadOnlyDictionary<(string ConversationId, long Seq), Message>> ReadAsync(
        IReadOnlyCollection<(string ConversationId, long Seq)> keys, CancellationToken cancellationToken)
    {
        var rows = await shards.EachAsync(keys, key => key.ConversationId, MessagesPerQuery, (sql, chunk) =>
        {
            var conversations = chunk.GroupBy(key => key.ConversationId).ToList();
            var where = conversations.Select(conversation => $"(conversation_id = ? AND seq IN ({SeqList(conversation.Select(key => key.Seq))}))");
            return sql.QueryAsync(
                $"SELECT {SqlMessageTable.Columns} FROM messages WHERE {string.Join(" OR ", where)}", [.. conversations.Select(group => group.Key)], cancellationToken);
        });
        return rows.Select(SqlMessageTable.Read).ToDictionary(message => (message.ConversationId, message.Seq));
    }

    public async Task<List<Message>> RangeAsync(
        string conversationId, long from, long to, int limit, bool newestFirst, CancellationToken cancellationToken)
    {
        var rows = await shards.Of(conversationId).QueryAsync(
            $"SELECT {SqlMessageTable.Columns} FROM messages WHERE conversation_id = ? AND seq >= ? AND seq < ? AND type <> 'void' ORDER BY seq {(newestFirst ? "DESC" : "ASC")} LIMIT {limit}",
            [conversationId, from, to], cancellationToken);
        return [.. rows.Select(SqlMessageTable.Read)];
    }

    /// <summary>A hole below a stored seq is what a writer left that died between two statements: it is closed here for everybody.</summary>
    public async Task<List<EntityKey>> InboxKeysAsync(string conversationId, long from, long to, CancellationToken cancellationToken)
    {
        var (keys, stored) = await KeysAsync(conversationId, from, to, cancellationToken);
        if (stored == to - from + 1)
            return keys;
        await CloseHolesAsync(conversationId, from, to, cancellationToken);
        return (await KeysAsync(conversationId, from, to, cancellationToken)).Keys;
    }

    // One statement for the keys and, in a row of seq 0, how many seqs of the range are stored at all.
    private async Task<(List<EntityKey> Keys, long Stored)> KeysAsync(string conversationId, long from, long to, CancellationToken cancellationToken)
    {
        var rows = await shards.Of(conversationId).QueryAsync(
            """
            SELECT seq, sent_at, CASE WHEN type = 'recall' THEN reply_to ELSE 0 END AS recalls FROM messages
            WHERE conversation_id = ? AND seq >= ? AND seq <= ? AND type <> 'void' AND fan_out <> 2
            UNION ALL
            SELECT 0 AS seq, COUNT(*) AS sent_at, 0 AS recalls FROM messages WHERE conversation_id = ? AND seq >= ? AND seq <= ?
            """, [conversationId, from, to, conversationId, from, to], cancellationToken);
        var keys = rows.Where(row => row.Int64("seq") > 0).Select(row => new EntityKey(
            conversationId, row.Int64("seq"), row.Int64("sent_at"), row.Int64("recalls") is > 0 and var recalls ? recalls : null));
        return ([.. keys.OrderBy(key => key.Seq)], rows.Single(row => row.Int64("seq") == 0).Int64("sent_at"));
    }

    private async Task CloseHolesAsync(string conversationId, long from, long to, CancellationToken cancellationToken)
    {
        var rows = await shards.Of(conversationId).QueryAsync(
            "SELECT seq FROM messages WHERE conversation_id = ? AND seq >= ? AND seq <= ?", [conversationId, from, to], cancellationToken);
        var present = rows.Select(row => row.Int64("seq")).ToHashSet();
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        var voids = Range(from, to).Where(seq => !present.Contains(seq)).Select(seq => SqlMessageTable.VoidAt(conversationId, seq, now));
        await table.InsertAsync([.. voids], cancellationToken);
    }

    public async Task<bool> AmendAsync(
        string conversationId, long seq, Func<Message, Amendment, AmendedMessage?> change, CancellationToken cancellationToken)
    {
        var sql = shards.Of(conversationId);
        for (var swaps = 0; swaps < MaxSwaps; swaps++)
        {
            var rows = await sql.QueryAsync(
                $"SELECT {SqlMessageTable.Columns} FROM messages WHERE conversation_id = ? AND seq = ?", [conversationId, seq], cancellationToken);
            if (rows.Count == 0)
                return false;
            var before = rows[0].String("amendment");
            if (change(SqlMessageTable.Read(rows[0]), Amendment.Read(before)) is not { } changed)
                return false;
            var swapped = await sql.ExecuteAsync(
                "UPDATE messages SET body = ?, amendment = ? WHERE conversation_id = ? AND seq = ? AND amendment = ?",
                [changed.Body.GetRawText(), changed.Amendment.Write(), conversationId, seq, before], cancellationToken);
            if (swapped == 1)
                return true;
            ServiceMetrics.CountConflict("message");
        }
        throw new TimeoutException($"Message {seq} of {conversationId} was changed {MaxSwaps} times by others meanwhile");
    }

    // Rows are kept whoever has read them.
    public Task RetainAsync(IReadOnlyCollection<RetainedMessage> messages, CancellationToken cancellationToken) => Task.CompletedTask;

    public Task ReleaseAsync(string userId, IReadOnlyCollection<(string ConversationId, long Seq)> keys, CancellationToken cancellationToken) =>
        Task.CompletedTask;

    private static IEnumerable<long> Range(long from, long to)
    {
        for (var seq = from; seq <= to; seq++)
            yield return seq;
    }

    private static string SeqList(IEnumerable<long> seqs) => string.Join(',', seqs.Select(seq => seq.ToString(CultureInfo.InvariantCulture)));
}
