using System.Runtime.InteropServices;
using ImDapr.Contracts;
using ImDapr.MessageService.Entities;

namespace ImDapr.MessageService.Timeline;

/// <summary>
/// Reads entities in pieces: an answer of Dapr holds 4 MiB, and a message of many quotation marks with many reactions is 80 KiB on its way.
/// </summary>
public static class MessageReads
{
    private const int PerRead = 40;

    public static async Task<Dictionary<(string ConversationId, long Seq), Message>> ReadInPiecesAsync(
        this IMessageStore store, IReadOnlyCollection<(string ConversationId, long Seq)> keys, CancellationToken cancellationToken)
    {
        var read = new Dictionary<(string ConversationId, long Seq), Message>(keys.Count);
        foreach (var piece in keys.Chunk(PerRead))
        {
            foreach (var (key, message) in await store.ReadAsync(piece, cancellationToken))
                read[key] = message;
        }
        return read;
    }

    /// <summary>About how many bytes the message is on the wire: what may be large, and the rest as an allowance.</summary>
    public static int Bytes(this Message message) =>
        256 + JsonMarshal.GetRawUtf8Value(message.Body).Length + (message.Reactions?.Sum(reaction => reaction.Key.Length + reaction.Value.Sum(userId => userId.Length + 3)) ?? 0);

    /// <summary>Up to <paramref name="limit"/> messages of a conversation, fewer when they are large, and whether there are more.</summary>
    public static async Task<(List<Message> Messages, bool HasMore)> PageAsync(
        this IMessageStore store, string conversationId, long from, long to, int limit, bool newestFirst, CancellationToken cancellationToken)
    {
        var page = new List<Message>();
        var bytes = 0;
        while (true)
        {
            // One more than is wanted tells whether there is more.
            var wanted = Math.Min(PerRead, limit - page.Count);
            var piece = await store.RangeAsync(conversationId, from, to, wanted + 1, newestFirst, cancellationToken);
            page.AddRange(piece.Take(wanted));
            bytes += piece.Sum(message => message.Bytes());
            var hasMore = piece.Count > wanted;
            if (!hasMore || page.Count == limit || bytes >= Limits.BatchBytes)
                return (page, hasMore);
            (from, to) = newestFirst ? (from, page[^1].Seq) : (page[^1].Seq + 1, to);
        }
    }
}
