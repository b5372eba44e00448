using ImDapr.Contracts;
using ImDapr.MessageService.Timeline;
using ImDapr.ServiceDefaults.Sql;

namespace ImDapr.MessageService.Conversations;

/// <summary>A user's conversations, most recently active first. Unread is computed from marks, never counted, so it cannot drift.</summary>
public sealed class ConversationList(SqlClient sql, MessageStore messages, UserDirectory users)
{
    private const int DefaultLimit = 50;

    public async Task<Answer<ConversationSummary[]>> ReadAsync(UserCall<ConversationsRequest> call, CancellationToken cancellationToken)
    {
        var (after, limit) = (call.Request.After, call.Request.Limit);
        if (limit < 0 || (after is not null && ConversationId.TryParse(after) is null))
            return Answer<ConversationSummary[]>.Refused(ErrorCodes.InvalidArgument, "after is a conversation id; limit is 0 or more.");
        var rows = await RowsAsync(call.UserId, cancellationToken);
        var page = (after is null ? rows : rows.SkipWhile(row => row.ConversationId != after).Skip(1))
            .Take(Math.Min(limit == 0 ? DefaultLimit : limit, Limits.PageSize))
            .ToList();
        return Answer<ConversationSummary[]>.Of(await SummariesAsync(call.UserId, page, cancellationToken));
    }

    /// <summary>
    /// max(0, last − max(join seq − 1, cleared, read, the user's own last sent)). The own last seq is only looked for beyond the read mark: a
    /// walk over what is unread, where the timeline's own key serves.
    /// </summary>
    private async Task<List<Row>> RowsAsync(string userId, CancellationToken cancellationToken)
    {
        var rows = await sql.QueryAsync(
            """
            SELECT m.conversation_id, m.join_seq, m.cleared_seq, m.read_seq,
              (SELECT MAX(e.seq) FROM messages e WHERE e.conversation_id = m.conversation_id) AS last_seq,
              (SELECT MAX(e.seq) FROM messages e WHERE e.conversation_id = m.conversation_id AND e.seq > m.read_seq AND e.sender_id = m.user_id) AS sent_seq,
              (SELECT e.sent_at FROM messages e WHERE e.conversation_id = m.conversation_id ORDER BY e.seq DESC LIMIT 1) AS last_at
            FROM members m WHERE m.user_id = ? AND m.left_seq = 0
            """, [userId], cancellationToken);
        return [.. rows.Select(Read).OrderByDescending(row => row.LastAt).ThenBy(row => row.ConversationId, StringComparer.Ordinal)];
    }

    private async Task<ConversationSummary[]> SummariesAsync(string userId, List<Row> page, CancellationToken cancellationToken)
    {
        var ids = page.ToDictionary(row => row.ConversationId, row => ConversationId.TryParse(row.ConversationId)!);
        var peers = ids.Values.Select(id => id.PeerOf(userId)).OfType<string>().ToList();
        var groups = ids.Values.Where(id => id.Kind == ConversationKinds.Group).Select(id => id.First).ToList();
        var names = await users.NamesAsync(peers, groups, cancellationToken);
        var last = await messages.ReadAsync([.. page.Where(row => row.LastSeq > 0).Select(row => (row.ConversationId, row.LastSeq))], cancellationToken);
        return [.. page.Select(row =>
        {
            var id = ids[row.ConversationId];
            var peer = id.PeerOf(userId);
            var title = peer is null ? names.Groups.GetValueOrDefault(id.First, id.First) : names.Users.GetValueOrDefault(peer, peer);
            var lastMessage = last.GetValueOrDefault((row.ConversationId, row.LastSeq));
            return new ConversationSummary(
                row.ConversationId, id.Kind, title, peer, row.LastSeq, row.ReadSeq, row.Unread,
                lastMessage?.Type == MessageTypes.Void ? null : lastMessage);
        })];
    }

    private static Row Read(SqlRow row) => new(
        row.String("conversation_id"), row.Int64("join_seq"), row.Int64("cleared_seq"), row.Int64("read_seq"),
        row.Int64OrNull("last_seq") ?? 0, row.Int64OrNull("sent_seq") ?? 0, row.Int64OrNull("last_at") ?? 0);

    private sealed record Row(string ConversationId, long JoinSeq, long ClearedSeq, long ReadSeq, long LastSeq, long SentSeq, long LastAt)
    {
        public long Unread => Conversations.Unread.Count(LastSeq, JoinSeq, ClearedSeq, ReadSeq, SentSeq);
    }
}

/// <summary>The one formula of unread (design section 2).</summary>
public static class Unread
{
    public static long Count(long last, long join, long cleared, long read, long sent) =>
        Math.Max(0, last - Math.Max(Math.Max(join - 1, cleared), Math.Max(read, sent)));
}
