using ImDapr.Contracts;
using ImDapr.ServiceDefaults.Sql;

namespace ImDapr.MessageService.Receipts;

/// <summary>Marks of members.</summary>
/// <remarks>members (user_id, conversation_id): read_seq, delivered_seq. Both only rise, so repeats and reordering change nothing.</remarks>
public sealed class ReceiptStore(SqlClient sql)
{
    /// <summary>The marks of those who are members now, or null when there are more than <paramref name="most"/>.</summary>
    public async Task<Receipt[]?> OfConversationAsync(string conversationId, int most, CancellationToken cancellationToken)
    {
        var rows = await sql.QueryAsync(
            $"SELECT conversation_id, user_id, read_seq, delivered_seq FROM members WHERE conversation_id = ? AND left_seq = 0 ORDER BY user_id LIMIT {most + 1}",
            [conversationId], cancellationToken);
        return rows.Count > most ? null : [.. rows.Select(Read)];
    }

    /// <summary>Those of these marks that would rise, as they will stand then.</summary>
    public async Task<List<Receipt>> RisingAsync(IReadOnlyCollection<DeliveredMark> marks, CancellationToken cancellationToken)
    {
        var rows = await sql.QueryAsync(
            $"SELECT conversation_id, user_id, read_seq, delivered_seq FROM members WHERE {Keys(marks.Count)}",
            [.. marks.SelectMany(mark => new object?[] { mark.UserId, mark.ConversationId })], cancellationToken);
        var seqs = marks.ToDictionary(mark => (mark.UserId, mark.ConversationId), mark => mark.Seq);
        return [.. rows.Select(Read)
            .Where(stored => stored.DeliveredSeq < seqs[(stored.UserId, stored.ConversationId)])
            .Select(stored => stored with { DeliveredSeq = seqs[(stored.UserId, stored.ConversationId)] })];
    }

    /// <summary>Raises delivered marks, all in one statement.</summary>
    public Task RaiseDeliveredAsync(IReadOnlyCollection<Receipt> receipts, CancellationToken cancellationToken)
    {
        var cases = string.Concat(Enumerable.Repeat(" WHEN user_id = ? AND conversation_id = ? AND delivered_seq < ? THEN ?", receipts.Count));
        return sql.ExecuteAsync(
            $"UPDATE members SET delivered_seq = CASE{cases} ELSE delivered_seq END WHERE {Keys(receipts.Count)}",
            [.. receipts.SelectMany(receipt => new object?[] { receipt.UserId, receipt.ConversationId, receipt.DeliveredSeq, receipt.DeliveredSeq }),
             .. receipts.SelectMany(receipt => new object?[] { receipt.UserId, receipt.ConversationId })], cancellationToken);
    }

    /// <summary>Raises the read mark; what is read is delivered.</summary>
    /// <returns>The marks as they stand now, or null when nothing rose.</returns>
    public async Task<Receipt?> RaiseReadAsync(string userId, string conversationId, long seq, CancellationToken cancellationToken)
    {
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

    // A parameter of CASE has no column whose type it would take: some databases answer its result as text, which SqlRow reads as well.
    private static Receipt Read(SqlRow row) =>
        new(row.String("conversation_id"), row.String("user_id"), row.Int64("read_seq"), row.Int64("delivered_seq"));
}
