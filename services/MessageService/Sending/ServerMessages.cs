using ImDapr.Contracts;
using ImDapr.MessageService.Conversations;

namespace ImDapr.MessageService.Sending;

/// <summary>
/// Messages that no device sends: what happened to a group, a setting, a recall, a notification. They go the way of every other message.
/// Their client message ids hold a space, which no client's may, so that nobody can take one in advance.
/// </summary>
public sealed class ServerMessages(MemberDirectory members, MessageWriter writer)
{
    public async Task<Answer<SendAck>> WriteAsync(Message message, CancellationToken cancellationToken)
    {
        var policy = await members.PolicyAsync(message.ConversationId, cancellationToken);
        return await writer.WriteAsync(new PendingSend(message with { FanOut = policy })).WaitAsync(cancellationToken);
    }

    /// <param name="conversationId">Where it stands.</param>
    /// <param name="senderId">On whose behalf.</param>
    /// <param name="clientMessageId">The same for every attempt to tell the same.</param>
    /// <param name="type">One of <see cref="MessageTypes"/>.</param>
    /// <param name="body">What the type asks for.</param>
    public static Message Of(string conversationId, string senderId, string clientMessageId, string type, System.Text.Json.JsonElement body) =>
        new(conversationId, 0, senderId, "", clientMessageId, type, body, MessageBodies.TargetOf(type, body), null, 0);
}
