using System.Globalization;
using System.Text.Json;
using ImDapr.Contracts;
using ImDapr.ServiceDefaults.Sql;

namespace ImDapr.MessageService.Entities.Sql;

/// <summary>The table of entities, in the database of their conversation: writing rows, and rows as messages.</summary>
/// <remarks>
/// messages (conversation_id, seq)          the timeline; this key gives out the seqs
///          (sender_id, client_message_id)  finds what a retry stored the first time
/// </remarks>
public sealed class SqlMessageTable(SqlShards shards)
{
    // Below the 65,535 placeholders of one MySQL statement and the 32,766 of one SQLite statement.
    public const int MaxRows = 1_000;

    private static readonly string[] Written =
        ["conversation_id", "seq", "sender_id", "client_message_id", "sender_device_id", "type", "body", "reply_to", "mentions", "sent_at", "fan_out", "expires_at"];
    private static readonly JsonElement EmptyBody = JsonElement.Parse("{}");

    /// <summary>What <see cref="Read"/> needs.</summary>
    public static string Columns { get; } = string.Join(", ", Written) + ", amendment";

    /// <summary>Stores entities in one statement for each database; one whose seq or client message id is taken is left out.</summary>
    /// <returns>How many were stored.</returns>
    public Task<int> InsertAsync(IReadOnlyList<Message> messages, CancellationToken cancellationToken) => shards.SumAsync(
        messages, message => message.ConversationId, MaxRows,
        (sql, chunk) => sql.InsertNewAsync("messages", Written, [.. chunk.Select(Row)], cancellationToken));

    /// <summary>What stands under these (sender, client message id).</summary>
    public async Task<IReadOnlyList<Message>> FindSentAsync(IReadOnlyList<Message> messages, CancellationToken cancellationToken) =>
        await shards.EachAsync<Message, Message>(messages, message => message.ConversationId, MaxRows, async (sql, chunk) =>
        {
            // Grouped by sender: row values in an IN list are written differently in MySQL and SQLite.
            var senders = chunk.GroupBy(message => message.SenderId).ToList();
            var where = senders.Select(sender => $"(sender_id = ? AND client_message_id IN ({SqlClient.Marks(sender.Count())}))");
            var rows = await sql.QueryAsync(
                $"SELECT {Columns} FROM messages WHERE {string.Join(" OR ", where)}",
                [.. senders.SelectMany(sender => sender.Select(message => message.ClientMessageId).Prepend(sender.Key))],
                cancellationToken);
            return [.. rows.Select(Read)];
        });

    /// <summary>The last seq of each conversation; one without messages is missing.</summary>
    public async Task<Dictionary<string, long>> HeadsAsync(IReadOnlyCollection<string> conversationIds, CancellationToken cancellationToken)
    {
        var rows = await shards.EachAsync(conversationIds, id => id, MaxRows, (sql, chunk) => sql.QueryAsync(
            $"SELECT conversation_id, MAX(seq) AS last_seq FROM messages WHERE conversation_id IN ({SqlClient.Marks(chunk.Length)}) GROUP BY conversation_id",
            chunk, cancellationToken));
        return rows.ToDictionary(row => row.String("conversation_id"), row => row.Int64("last_seq"));
    }

    /// <summary>An entity that fills a seq nobody used. It loses against a message that takes the seq first, and then nothing is missing.</summary>
    public static Message VoidAt(string conversationId, long seq, long sentAt) =>
        new(conversationId, seq, "", "", $"{conversationId}#{seq.ToString(CultureInfo.InvariantCulture)}", MessageTypes.Void, EmptyBody, null, null, sentAt);

    public static Message Read(SqlRow row) => Amendment.Read(row.String("amendment")).ApplyTo(new Message(
        row.String("conversation_id"),
        row.Int64("seq"),
        row.String("sender_id"),
        row.String("sender_device_id"),
        row.String("client_message_id"),
        row.String("type"),
        JsonElement.Parse(row.String("body")),
        row.Int64("reply_to") is > 0 and var replyTo ? replyTo : null,
        row.String("mentions") is { Length: > 0 } mentions ? mentions.Split(',') : null,
        row.Int64("sent_at"),
        ExpiresAt: row.Int64("expires_at") is > 0 and var expiresAt ? expiresAt : null)
    {
        FanOut = (FanOutPolicy)row.Int64("fan_out"),
    });

    private static object?[] Row(Message message) =>
    [
        message.ConversationId, message.Seq, message.SenderId, message.ClientMessageId, message.SenderDeviceId, message.Type,
        message.Body.GetRawText(), message.ReplyTo ?? 0, message.Mentions is null ? "" : string.Join(',', message.Mentions), message.SentAt,
        (int)message.FanOut, message.ExpiresAt ?? 0,
    ];
}
