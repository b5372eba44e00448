using ImDapr.ServiceDefaults.Sql;

namespace ImDapr.MessageService.Conversations;

/// <summary>A member as this service sees it: from which seq, up to which.</summary>
/// <param name="LeftSeq">First seq that it does not see; 0 while it is a member.</param>
public sealed record Membership(string UserId, string ConversationId, string Role, long JoinSeq, long LeftSeq, long ReadSeq, long ClearedSeq, long Version)
{
    public bool IsActive => LeftSeq == 0;
}

/// <summary>A conversation of a user with the last seq that this user may see.</summary>
public sealed record MembershipHead(string ConversationId, long JoinSeq, long LastSeq);

/// <summary>Who sees what of a conversation, and how far it was read.</summary>
/// <remarks>
/// members       (user_id, conversation_id)   a user's conversations
///               (conversation_id, user_id)   a conversation's members
/// conversations (conversation_id)            version of the group that the members stand for
/// </remarks>
public sealed class MemberStore(SqlClient sql)
{
    private const string Columns = "user_id, conversation_id, role, join_seq, left_seq, read_seq, cleared_seq, version";
    private const int RowsPerInsert = 500;

    public async Task<IReadOnlyList<Membership>> OfConversationAsync(string conversationId, CancellationToken cancellationToken) =>
        Read(await sql.QueryAsync($"SELECT {Columns} FROM members WHERE conversation_id = ?", [conversationId], cancellationToken));

    /// <summary>The conversations in which the user is a member now.</summary>
    public async Task<IReadOnlyList<Membership>> OfUserAsync(string userId, CancellationToken cancellationToken) =>
        Read(await sql.QueryAsync($"SELECT {Columns} FROM members WHERE user_id = ? AND left_seq = 0", [userId], cancellationToken));

    /// <summary>Every conversation of the user, also those it left, with the last seq that it may see.</summary>
    public async Task<IReadOnlyList<MembershipHead>> HeadsOfUserAsync(string userId, CancellationToken cancellationToken)
    {
        var rows = await sql.QueryAsync(
            """
            SELECT conversation_id, join_seq, left_seq,
              (SELECT MAX(seq) FROM messages WHERE messages.conversation_id = members.conversation_id) AS last_seq
            FROM members WHERE user_id = ?
            """, [userId], cancellationToken);
        return [.. rows.Select(row => new MembershipHead(row.String("conversation_id"), row.Int64("join_seq"), LastVisible(row)))];
    }

    /// <summary>Adds members that have no row yet; rows that exist stay as they are.</summary>
    public async Task AddAsync(IReadOnlyCollection<Membership> memberships, CancellationToken cancellationToken)
    {
        foreach (var chunk in memberships.Chunk(RowsPerInsert))
        {
            await sql.InsertNewAsync(
                "members", ["user_id", "conversation_id", "role", "join_seq", "left_seq", "read_seq", "cleared_seq", "version"],
                [.. chunk.Select(m => new object?[] { m.UserId, m.ConversationId, m.Role, m.JoinSeq, m.LeftSeq, m.ReadSeq, m.ClearedSeq, m.Version })],
                cancellationToken);
        }
    }

    /// <summary>Writes role and seqs of an existing row, unless a newer version of the group has decided it.</summary>
    public Task DecideAsync(Membership m, CancellationToken cancellationToken) => sql.ExecuteAsync(
        "UPDATE members SET role = ?, join_seq = ?, left_seq = ?, version = ? WHERE user_id = ? AND conversation_id = ? AND version <= ?",
        [m.Role, m.JoinSeq, m.LeftSeq, m.Version, m.UserId, m.ConversationId, m.Version], cancellationToken);

    /// <summary>Raises the read mark; it never falls.</summary>
    /// <returns>Whether it rose.</returns>
    public async Task<bool> RaiseReadAsync(string userId, string conversationId, long seq, CancellationToken cancellationToken) =>
        await sql.ExecuteAsync(
            "UPDATE members SET read_seq = ? WHERE user_id = ? AND conversation_id = ? AND read_seq < ?",
            [seq, userId, conversationId, seq], cancellationToken) == 1;

    /// <summary>Version of the group whose members stand here; -1 for none.</summary>
    public async Task<long> VersionAsync(string conversationId, CancellationToken cancellationToken)
    {
        var rows = await sql.QueryAsync("SELECT version FROM conversations WHERE conversation_id = ?", [conversationId], cancellationToken);
        return rows.Count == 0 ? -1 : rows[0].Int64("version");
    }

    public async Task RaiseVersionAsync(string conversationId, long version, CancellationToken cancellationToken)
    {
        await sql.InsertNewAsync("conversations", ["conversation_id", "version"], [[conversationId, version]], cancellationToken);
        await sql.ExecuteAsync(
            "UPDATE conversations SET version = ? WHERE conversation_id = ? AND version < ?", [version, conversationId, version], cancellationToken);
    }

    private static IReadOnlyList<Membership> Read(IReadOnlyList<SqlRow> rows) =>
        [.. rows.Select(row => new Membership(
            row.String("user_id"), row.String("conversation_id"), row.String("role"), row.Int64("join_seq"), row.Int64("left_seq"),
            row.Int64("read_seq"), row.Int64("cleared_seq"), row.Int64("version")))];

    private static long LastVisible(SqlRow row)
    {
        var last = row.Int64OrNull("last_seq") ?? 0;
        var left = row.Int64("left_seq");
        return left == 0 ? last : Math.Min(last, left - 1);
    }
}
