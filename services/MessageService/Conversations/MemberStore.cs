using ImDapr.ServiceDefaults.Sql;

namespace ImDapr.MessageService.Conversations;

/// <summary>A member as this service sees it: from which seq, up to which.</summary>
/// <param name="LeftSeq">First seq that it does not see; 0 while it is a member.</param>
/// <param name="PinnedAt">Unix milliseconds, UTC; 0 for not pinned.</param>
public sealed record Membership(
    string UserId,
    string ConversationId,
    string Role,
    long JoinSeq,
    long LeftSeq,
    long ReadSeq,
    long ClearedSeq,
    long Version,
    long DeliveredSeq = 0,
    bool IsMuted = false,
    long PinnedAt = 0)
{
    public bool IsActive => LeftSeq == 0;

    /// <summary>First seq that the member sees now.</summary>
    public long OldestVisible => Math.Max(JoinSeq, ClearedSeq + 1);

    /// <summary>First seq that it does not see; it is the largest number while it is a member.</summary>
    public long End => IsActive ? long.MaxValue : LeftSeq;
}

/// <summary>A membership of a user, and whether the conversation has messages that are read as a timeline.</summary>
public sealed record UserMembership(Membership Membership, TimelineState Timeline);

/// <summary>Who sees what of a conversation, and how far it was read; in the database of the conversation.</summary>
/// <remarks>
/// members       (user_id, conversation_id)   a user's conversations
///               (conversation_id, user_id)   a conversation's members
/// conversations (conversation_id)            version of the group that the members stand for; whether it is a timeline
/// </remarks>
public sealed class MemberStore(SqlShards shards)
{
    private const string Columns =
        "m.user_id, m.conversation_id, m.role, m.join_seq, m.left_seq, m.read_seq, m.cleared_seq, m.version, m.delivered_seq, m.muted, m.pinned_at";

    private const int RowsPerInsert = 500;

    // An answer of Dapr holds 4 MiB, a row at most half a KiB.
    private const int RowsPerPage = 5_000;

    /// <summary>Everybody who is or was a member.</summary>
    public async Task<IReadOnlyList<Membership>> OfConversationAsync(string conversationId, CancellationToken cancellationToken)
    {
        var all = new List<Membership>();
        for (var after = ""; ;)
        {
            var rows = await shards.Of(conversationId).QueryAsync(
                $"SELECT {Columns} FROM members m WHERE m.conversation_id = ? AND m.user_id > ? ORDER BY m.user_id LIMIT {RowsPerPage}",
                [conversationId, after], cancellationToken);
            all.AddRange(rows.Select(Read));
            if (rows.Count < RowsPerPage)
                return all;
            after = all[^1].UserId;
        }
    }

    /// <summary>Everybody who is or was a member of one of these, which have few members each.</summary>
    public async Task<IReadOnlyList<Membership>> OfSmallConversationsAsync(IReadOnlyCollection<string> conversationIds, CancellationToken cancellationToken) =>
        await shards.EachAsync<string, Membership>(conversationIds, id => id, RowsPerInsert, async (sql, chunk) =>
        {
            var rows = await sql.QueryAsync($"SELECT {Columns} FROM members m WHERE m.conversation_id IN ({SqlClient.Marks(chunk.Length)})", chunk, cancellationToken);
            return [.. rows.Select(Read)];
        });

    /// <summary>Those of the users that are or were members.</summary>
    public async Task<IReadOnlyList<Membership>> FindAsync(
        string conversationId, IReadOnlyCollection<string> userIds, CancellationToken cancellationToken)
    {
        if (userIds.Count == 0)
            return [];
        var rows = await shards.Of(conversationId).QueryAsync(
            $"SELECT {Columns} FROM members m WHERE m.conversation_id = ? AND m.user_id IN ({SqlClient.Marks(userIds.Count)})",
            [conversationId, .. userIds], cancellationToken);
        return [.. rows.Select(Read)];
    }

    /// <summary>Those of the users, each in a conversation, that are or were members.</summary>
    public async Task<IReadOnlyList<Membership>> FindAsync(
        IReadOnlyCollection<(string ConversationId, string UserId)> users, CancellationToken cancellationToken) =>
        await shards.EachAsync<(string ConversationId, string UserId), Membership>(users, user => user.ConversationId, RowsPerInsert, async (sql, chunk) =>
        {
            var conversations = chunk.GroupBy(user => user.ConversationId, user => user.UserId).ToList();
            var where = conversations.Select(group => $"(m.conversation_id = ? AND m.user_id IN ({SqlClient.Marks(group.Count())}))");
            var rows = await sql.QueryAsync(
                $"SELECT {Columns} FROM members m WHERE {string.Join(" OR ", where)}", [.. conversations.SelectMany(group => group.Prepend(group.Key))],
                cancellationToken);
            return [.. rows.Select(Read)];
        });

    /// <summary>Up to <paramref name="limit"/> of those who are members now.</summary>
    public async Task<IReadOnlyList<string>> ActiveAsync(string conversationId, int limit, CancellationToken cancellationToken)
    {
        var rows = await shards.Of(conversationId).QueryAsync(
            $"SELECT user_id FROM members WHERE conversation_id = ? AND left_seq = 0 ORDER BY user_id LIMIT {limit}", [conversationId], cancellationToken);
        return [.. rows.Select(row => row.String("user_id"))];
    }

    /// <summary>Every conversation of the user, also those it left.</summary>
    public async Task<IReadOnlyList<UserMembership>> OfUserAsync(string userId, CancellationToken cancellationToken)
    {
        var rows = await shards.AllAsync(sql => sql.QueryAsync(
            $"""
            SELECT {Columns}, c.timeline FROM members m LEFT JOIN conversations c ON c.conversation_id = m.conversation_id
            WHERE m.user_id = ?
            """, [userId], cancellationToken));
        return [.. rows.Select(row => new UserMembership(Read(row), (TimelineState)(row.Int64OrNull("timeline") ?? 0)))];
    }

    /// <summary>Adds members that have no row yet; rows that exist stay as they are.</summary>
    /// <returns>How many were added.</returns>
    public Task<int> AddAsync(IReadOnlyCollection<Membership> memberships, CancellationToken cancellationToken) => shards.SumAsync(
        memberships, m => m.ConversationId, RowsPerInsert, (sql, chunk) => sql.InsertNewAsync(
            "members", ["user_id", "conversation_id", "role", "join_seq", "left_seq", "read_seq", "cleared_seq", "version"],
            [.. chunk.Select(m => new object?[] { m.UserId, m.ConversationId, m.Role, m.JoinSeq, m.LeftSeq, m.ReadSeq, m.ClearedSeq, m.Version })],
            cancellationToken));

    /// <summary>Writes role and seqs of an existing row, unless a newer version of the group has decided it.</summary>
    public Task DecideAsync(Membership m, CancellationToken cancellationToken) => shards.Of(m.ConversationId).ExecuteAsync(
        "UPDATE members SET role = ?, join_seq = ?, left_seq = ?, version = ? WHERE user_id = ? AND conversation_id = ? AND version <= ?",
        [m.Role, m.JoinSeq, m.LeftSeq, m.Version, m.UserId, m.ConversationId, m.Version], cancellationToken);

    /// <summary>Writes what a user decided for itself; what is null stays, a pin keeps its time, and the cleared mark never falls.</summary>
    public Task WriteSettingsAsync(
        string userId, string conversationId, bool? muted, long? pinnedAt, long? clearedSeq, CancellationToken cancellationToken)
    {
        var columns = new List<string>();
        var values = new List<object?>();
        Set(muted is null ? null : muted.Value ? 1 : 0, "muted = ?");
        Set(pinnedAt, pinnedAt > 0 ? "pinned_at = CASE WHEN pinned_at > 0 THEN pinned_at ELSE ? END" : "pinned_at = ?");
        Set(clearedSeq, "cleared_seq = CASE WHEN cleared_seq > ? THEN cleared_seq ELSE ? END");
        return shards.Of(conversationId).ExecuteAsync(
            $"UPDATE members SET {string.Join(", ", columns)} WHERE user_id = ? AND conversation_id = ?", [.. values, userId, conversationId], cancellationToken);

        void Set(long? value, string column)
        {
            if (value is null)
                return;
            columns.Add(column);
            values.AddRange(Enumerable.Repeat<object?>(value, column.Count(letter => letter == '?')));
        }
    }

    /// <summary>Raises the read mark beyond this seq if everything before it was read: it needs no reading itself.</summary>
    public Task PassReadAsync(string userId, string conversationId, long seq, CancellationToken cancellationToken) => shards.Of(conversationId).ExecuteAsync(
        "UPDATE members SET read_seq = ? WHERE user_id = ? AND conversation_id = ? AND read_seq < ? AND (read_seq = ? OR cleared_seq = ?)",
        [seq, userId, conversationId, seq, seq - 1, seq - 1], cancellationToken);

    /// <summary>Version of the group whose members stand here; -1 for none.</summary>
    public async Task<long> VersionAsync(string conversationId, CancellationToken cancellationToken)
    {
        var rows = await shards.Of(conversationId).QueryAsync("SELECT version FROM conversations WHERE conversation_id = ?", [conversationId], cancellationToken);
        return rows.Count == 0 ? -1 : rows[0].Int64("version");
    }

    public async Task RaiseVersionAsync(string conversationId, long version, CancellationToken cancellationToken)
    {
        var sql = shards.Of(conversationId);
        await sql.InsertNewAsync("conversations", ["conversation_id", "version"], [[conversationId, version]], cancellationToken);
        await sql.ExecuteAsync(
            "UPDATE conversations SET version = ? WHERE conversation_id = ? AND version < ?", [version, conversationId, version], cancellationToken);
    }

    /// <summary>Whether the conversation is or was a timeline.</summary>
    public async Task<TimelineState> TimelineAsync(string conversationId, CancellationToken cancellationToken)
    {
        var rows = await shards.Of(conversationId).QueryAsync("SELECT timeline FROM conversations WHERE conversation_id = ?", [conversationId], cancellationToken);
        return rows.Count == 0 ? TimelineState.Never : (TimelineState)rows[0].Int64("timeline");
    }

    /// <summary>Before the first message of a timeline is stored, so that every Sync knows of it.</summary>
    public Task SetTimelineAsync(IReadOnlyCollection<string> conversationIds, TimelineState state, CancellationToken cancellationToken) =>
        shards.RunAsync(conversationIds, id => id, RowsPerInsert, async (sql, chunk) =>
        {
            await sql.InsertNewAsync(
                "conversations", ["conversation_id", "version", "timeline"], [.. chunk.Select(id => new object?[] { id, -1, (int)state })], cancellationToken);
            await sql.ExecuteAsync(
                $"UPDATE conversations SET timeline = ? WHERE conversation_id IN ({SqlClient.Marks(chunk.Length)})", [(int)state, .. chunk], cancellationToken);
        });

    private static Membership Read(SqlRow row) => new(
        row.String("user_id"), row.String("conversation_id"), row.String("role"), row.Int64("join_seq"), row.Int64("left_seq"),
        row.Int64("read_seq"), row.Int64("cleared_seq"), row.Int64("version"), row.Int64("delivered_seq"), row.Int64("muted") != 0,
        row.Int64("pinned_at"));
}
