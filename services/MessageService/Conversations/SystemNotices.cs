using System.Text.Json;
using ImDapr.Contracts;
using ImDapr.MessageService.Sending;

namespace ImDapr.MessageService.Conversations;

/// <summary>What ImDapr itself tells a user: messages in the user's own system conversation.</summary>
public sealed class SystemNotices(MemberDirectory members, MemberStore store, ServerMessages writer)
{
    /// <param name="userId">Who is told.</param>
    /// <param name="actorId">Who did what is told.</param>
    /// <param name="clientMessageId">The same for every attempt to tell the same.</param>
    /// <param name="body">Its <c>kind</c> says what it is about.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>Why it was not told, or null.</returns>
    public async Task<Refusal?> TellAsync(string userId, string actorId, string clientMessageId, JsonElement body, CancellationToken cancellationToken)
    {
        var system = ConversationId.System(userId);
        await members.EnsureSystemAsync([(userId, system)], cancellationToken);
        var answer = await writer.WriteAsync(
            ServerMessages.Of(system, actorId, clientMessageId, MessageTypes.Notification, body), cancellationToken);
        // One's own doing is nothing to read. What stands before it may still be: the mark passes only what was read.
        if (userId == actorId && answer.Value is { } ack)
            await store.PassReadAsync(userId, system, ack.Seq, cancellationToken);
        return answer.Refusal;
    }
}
