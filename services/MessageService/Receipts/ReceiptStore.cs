using ImDapr.Contracts;
using ImDapr.ServiceDefaults.Sql;

namespace ImDapr.MessageService.Receipts;

/// <summary>Marks of members, in the database of the conversation.</summary>
/// <remarks>members (user_id, conversation_id): read_seq, delivered_seq. Both only rise, so repeats and reordering change nothing.</remarks>
public sealed class ReceiptStore(SqlShards shards)
{
    public const int MarksPerStatement = 200;

    /// <summary>The marks of those who are members now, or null when there are more than <paramref name="most"/>.</summary>
    public async Task<Receipt[]?> OfConversationAsync(string conversationId, int most, CancellationToken cancellationToken)
    {
        var rows = await shards.Of(conversationId).QueryAsync(
            $"SELECT conversation_id, user_id, read_seq, delivered_seq FROM members WHERE conversation_id = ? AND left_seq = 0 ORDER BY user_id LIMIT {most + 1}",
            [conversationId], cancellationToken);
        return rows.Count > most ? null : [.. rows.Select(Read)];
    }

    /// <summary>Those of these marks that would rise, as they will stand then.</summary>
    public async Task<List<Receipt>> RisingAsync(IReadOnlyCollection<DeliveredMark> marks, CancellationToken cancellationToken)
    {
        var rows = await shards.EachAsync(marks, mark => mark.ConversationId, MarksPerStatement, (sql, chunk) => sql.QueryAsync(
            $"SELECT conversation_id, user_id, read_seq, delivered_seq FROM members WHERE {Keys(chunk.Length)}",
            [.. chunk.SelectMany(mark => new object?[] { mark.UserId, mark.ConversationId })], cancellationToken));
        var seqs = marks.ToDictionary(mark => (mark.UserId, mark.ConversationId), mark => mark.Seq);
        return [.. rows.Select(Read)
            .Where(stored => stored.DeliveredSeq < seqs[(stored.UserId, stored.ConversationId)])
            .Select(stored => stored with { DeliveredSeq = seqs[(stored.UserId, stored.ConversationId)] })];
    }

    /// <summary>Raises delivered marks of members, many in one statement.</summary>
    public Task RaiseDeliveredAsync(IReadOnlyCollection<Receipt> receipts, CancellationToken cancellationToken) =>
        shards.RunAsync(receipts, receipt => receipt.ConversationId, MarksPerStatement, (sql, chunk) => sql.RaiseAsync(
            "members", "delivered_seq",
            ["user_id", "conversation_id", "role", "join_seq", "left_seq", "read_seq", "cleared_seq", "version", "delivered_seq"],
            [.. chunk.Select(receipt => Nobody(receipt.UserId, receipt.ConversationId, receipt.DeliveredSeq))], cancellationToken));

    // Members have their row. Should one be gone, this one has left before it came, and sees nothing.
    private static object?[] Nobody(string userId, string conversationId, long deliveredSeq) =>
        [userId, conversationId, Roles.Member, long.MaxValue, 1L, 0L, 0L, 0L, deliveredSeq];

    /// <summary>Raises the read mark; what is read is delivered.</summary>
    /// <returns>The marks as they stand now, or null when nothing rose.</returns>
    public async Task<Receipt?> RaiseReadAsync(string userId, string conversationId, long seq, CancellationToken cancellationToken)
    {
        var sql = shards.Of(conversationId);
        var risen = await sql.ExecuteAsync(
            """
            UPDATE members SET read_seq = ?, delivered_seq = CASE WHEN delivered_seq < ? THEN ? ELSE delivered_seq END
            WHERE user_id = ? AND conversation_id = ? AND read_seq < ?
            """, [seq, seq, seq, userId, conversationId, seq], cancellationToken);
        if (risen == 0)
            return null;
        var rows = await sql.QueryAsync(
            "SELECT conversation_id, user_id, read_seq, delivered_seq FROM members WHERE user_id = ? AND conversation_id = ?",
            [userId, conversationId], cancellationToken);
        return rows.Select(Read).FirstOrDefault();
    }

    private static string Keys(int count) => string.Join(" OR ", Enumerable.Repeat("(user_id = ? AND conversation_id = ?)", count));

    private static Receipt Read(SqlRow row) =>
        new(row.String("conversation_id"), row.String("user_id"), row.Int64("read_seq"), row.Int64("delivered_seq"));
}
