using System.Globalization;
using System.Text;
using System.Text.Json;
using ImDapr.Contracts;
using ImDapr.ServiceDefaults.Sql;

namespace ImDapr.MessageService.Timeline;

/// <summary>Message entities, the one stored copy.</summary>
/// <remarks>
/// messages (conversation_id, seq)          the timeline; this key gives out the seqs
///          (sender_id, client_message_id)  finds what a retry stored the first time
/// </remarks>
public sealed class MessageStore(SqlClient sql)
{
    // Below the 65,535 placeholders of one MySQL statement and the 32,766 of one SQLite statement.
    public const int MaxRows = 1_000;

    private static readonly string[] Columns =
        ["conversation_id", "seq", "sender_id", "client_message_id", "sender_device_id", "type", "body", "reply_to", "mentions", "sent_at"];
    private static readonly string ColumnList = string.Join(", ", Columns);

    /// <summary>Stores entities in one statement; one whose seq or client message id is taken is left out.</summary>
    /// <returns>How many were stored.</returns>
    public Task<int> InsertAsync(IReadOnlyList<Message> messages, CancellationToken cancellationToken) =>
        sql.InsertNewAsync("messages", Columns, [.. messages.Select(Row)], cancellationToken);

    /// <summary>What stands under these (sender, client message id).</summary>
    public async Task<IReadOnlyList<Message>> FindSentAsync(IReadOnlyList<Message> messages, CancellationToken cancellationToken)
    {
        // Grouped by sender: row values in an IN list are written differently in MySQL and SQLite.
        var senders = messages.GroupBy(message => message.SenderId).ToList();
        var where = senders.Select(sender => $"(sender_id = ? AND client_message_id IN ({SqlClient.Marks(sender.Count())}))");
        var rows = await sql.QueryAsync(
            $"SELECT {ColumnList} FROM messages WHERE {string.Join(" OR ", where)}",
            [.. senders.SelectMany(sender => sender.Select(message => message.ClientMessageId).Prepend(sender.Key))],
            cancellationToken);
        return [.. rows.Select(Read)];
    }

    /// <summary>The last seq of each conversation; one without messages is missing.</summary>
    public async Task<Dictionary<string, long>> HeadsAsync(IReadOnlyCollection<string> conversationIds, CancellationToken cancellationToken)
    {
        var rows = await sql.QueryAsync(
            $"SELECT conversation_id, MAX(seq) AS last_seq FROM messages WHERE conversation_id IN ({SqlClient.Marks(conversationIds.Count)}) GROUP BY conversation_id",
            [.. conversationIds], cancellationToken);
        return rows.ToDictionary(row => row.String("conversation_id"), row => row.Int64("last_seq"));
    }

    /// <summary>The entities under these keys, by conversation and seq; one that does not exist is missing.</summary>
    public async Task<Dictionary<(string ConversationId, long Seq), Message>> ReadAsync(
        IReadOnlyCollection<(string ConversationId, long Seq)> keys, CancellationToken cancellationToken)
    {
        if (keys.Count == 0)
            return [];
        var conversations = keys.GroupBy(key => key.ConversationId).ToList();
        var where = conversations.Select(conversation => $"(conversation_id = ? AND seq IN ({SeqList(conversation.Select(key => key.Seq))}))");
        var rows = await sql.QueryAsync(
            $"SELECT {ColumnList} FROM messages WHERE {string.Join(" OR ", where)}", [.. conversations.Select(group => group.Key)], cancellationToken);
        return rows.Select(Read).ToDictionary(message => (message.ConversationId, message.Seq));
    }

    /// <summary>Up to <paramref name="limit"/> messages with <paramref name="from"/> ≤ seq &lt; <paramref name="to"/>, newest or oldest first; voids left out.</summary>
    public async Task<List<Message>> RangeAsync(
        string conversationId, long from, long to, int limit, bool newestFirst, CancellationToken cancellationToken)
    {
        var rows = await sql.QueryAsync(
            $"SELECT {ColumnList} FROM messages WHERE conversation_id = ? AND seq >= ? AND seq < ? AND type <> 'void' ORDER BY seq {(newestFirst ? "DESC" : "ASC")} LIMIT {limit}",
            [conversationId, from, to], cancellationToken);
        return [.. rows.Select(Read)];
    }

    /// <summary>Seq, type and time of everything with <paramref name="from"/> ≤ seq ≤ <paramref name="to"/>, voids included, in ascending seq.</summary>
    public async Task<List<EntityKey>> KeysAsync(string conversationId, long from, long to, CancellationToken cancellationToken)
    {
        var rows = await sql.QueryAsync(
            "SELECT seq, type, sent_at FROM messages WHERE conversation_id = ? AND seq >= ? AND seq <= ? ORDER BY seq",
            [conversationId, from, to], cancellationToken);
        return [.. rows.Select(row => new EntityKey(conversationId, row.Int64("seq"), row.String("type") == MessageTypes.Void, row.Int64("sent_at")))];
    }

    /// <summary>An entity that fills a seq nobody used. It loses against a message that takes the seq first, and then nothing is missing.</summary>
    public static Message VoidAt(string conversationId, long seq, long sentAt) =>
        new(conversationId, seq, "", "", $"{conversationId}#{seq.ToString(CultureInfo.InvariantCulture)}", MessageTypes.Void, EmptyBody, null, null, sentAt);

    private static readonly JsonElement EmptyBody = JsonElement.Parse("{}");

    private static string SeqList(IEnumerable<long> seqs) =>
        new StringBuilder().AppendJoin(',', seqs.Select(seq => seq.ToString(CultureInfo.InvariantCulture))).ToString();

    private static object?[] Row(Message message) =>
    [
        message.ConversationId, message.Seq, message.SenderId, message.ClientMessageId, message.SenderDeviceId, message.Type,
        message.Body.GetRawText(), message.ReplyTo ?? 0, message.Mentions is null ? "" : string.Join(',', message.Mentions), message.SentAt,
    ];

    internal static Message Read(SqlRow row) => new(
        row.String("conversation_id"),
        row.Int64("seq"),
        row.String("sender_id"),
        row.String("sender_device_id"),
        row.String("client_message_id"),
        row.String("type"),
        JsonElement.Parse(row.String("body")),
        row.Int64("reply_to") is > 0 and var replyTo ? replyTo : null,
        row.String("mentions") is { Length: > 0 } mentions ? mentions.Split(',') : null,
        row.Int64("sent_at"));
}

/// <summary>What an inbox needs to know of an entity.</summary>
public sealed record EntityKey(string ConversationId, long Seq, bool IsVoid, long SentAt);
