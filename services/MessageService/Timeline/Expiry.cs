using System.Text.Json;
using ImDapr.Contracts;

namespace ImDapr.MessageService.Timeline;

/// <summary>Messages that are not to be seen any more. Their seq and position stay, so that nobody takes them for lost.</summary>
public static class Expiry
{
    private static readonly JsonElement EmptyBody = JsonElement.Parse("{}");

    public static bool HasExpired(this Message message, long now) => message.ExpiresAt <= now;

    /// <summary>The message, or what stands in its place once it has expired.</summary>
    public static Message ShownAt(this Message message, long now) => !message.HasExpired(now) ? message
        : new Message(
            message.ConversationId, message.Seq, message.SenderId, message.SenderDeviceId, message.ClientMessageId, MessageTypes.Expired, EmptyBody,
            null, null, message.SentAt, ExpiresAt: message.ExpiresAt);
}
