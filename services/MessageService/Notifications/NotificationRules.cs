using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using ImDapr.Contracts;
using ImDapr.MessageService.Sending;

namespace ImDapr.MessageService.Notifications;

/// <summary>What another application may ask for, as far as the notification itself tells.</summary>
public static class NotificationRules
{
    // "app:" and this fill a sender id.
    private const int SourceLength = Limits.IdLength - 4;

    /// <summary>Who speaks when no user does.</summary>
    public static string SenderOf(string source) => $"app:{source}";

    /// <summary>The same for every delivery of a notification to a conversation, however often it is published.</summary>
    public static string ClientMessageIdOf(string source, string id, string conversationId) =>
        $"notification {Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes($"{source}\n{id}\n{conversationId}")))}";

    /// <summary>Why this can never be delivered, or null.</summary>
    public static Refusal? Check(Notification notification, string source, MessageLimits limits)
    {
        if (!Ids.IsValid(source) || source.Length > SourceLength)
            return Invalid($"its source '{source}' is no app id of at most {SourceLength} characters.");
        if (!Ids.IsValidClientMessageId(notification.Id))
            return Invalid("id is needed: 1 to 64 visible ASCII characters.");
        if (notification.From is { } from && !Ids.IsValid(from))
            return Invalid("from is not a user id.");
        if (notification.ExpiresAt < 1)
            return Invalid("expiresAt is Unix milliseconds.");
        return CheckTarget(notification.To, limits) ?? CheckContent(notification, limits);
    }

    private static Refusal? CheckTarget(NotificationTarget? to, MessageLimits limits)
    {
        if (to is null || to.UserIds is null == (to.ConversationId is null))
            return Invalid("to needs exactly one of userIds and conversationId.");
        if (to.UserIds is { } userIds)
            return userIds.Length >= 1 && userIds.Length <= limits.NotificationRecipients ? null
                : Invalid($"to.userIds holds 1 to {limits.NotificationRecipients} users.");
        return ConversationId.TryParse(to.ConversationId) is { Kind: not ConversationKinds.System } ? null
            : Invalid("to.conversationId is the id of a direct conversation or a group.");
    }

    private static Refusal? CheckContent(Notification notification, MessageLimits limits) =>
        notification.Type is { } type && (type == MessageTypes.Notification || MessageBodies.IsContent(type))
            ? MessageBodies.Check(type, notification.Body, limits)
            : Invalid($"type is needed: {MessageTypes.Notification}, or one that says something.");

    private static Refusal Invalid(string sentence) => new(ErrorCodes.InvalidArgument, sentence);
}
