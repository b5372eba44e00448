using ImDapr.Contracts;
using ImDapr.MessageService.Conversations;
using ImDapr.MessageService.Timeline;

namespace ImDapr.MessageService.Sending;

/// <summary>Which messages may be answered, edited, reacted to and recalled, and by whom.</summary>
public static class ReferenceRules
{
    /// <summary>Whether the member sees this message: what does not exist, is closed off or has expired is all the same to it.</summary>
    public static bool IsVisible(this Membership membership, Message? message, long now) =>
        message is not null && message.Type != MessageTypes.Void && message.Seq >= membership.OldestVisible && message.Seq < membership.End
        && !message.HasExpired(now);

    /// <summary>Why this cannot be sent because of the message that it names, or null.</summary>
    public static Refusal? Check(SendCommand send, Membership sender, Message? named, long now, MessageLimits limits)
    {
        if (!sender.IsVisible(named, now))
            return new Refusal(ErrorCodes.NotFound, "There is no such message in this conversation.");
        return send.Message.Type switch
        {
            MessageTypes.Edit => CheckEdit(send, named!, now, limits),
            MessageTypes.Reaction => CheckReaction(send, named!, limits),
            _ => null,
        };
    }

    /// <summary>Why the member may not recall this message, which it sees; or null.</summary>
    public static Refusal? CheckRecall(Membership member, string kind, Message message, long now, MessageLimits limits)
    {
        if (!IsSaid(message) || kind == ConversationKinds.System)
            return Invalid("A message of this type cannot be recalled.");
        if (kind == ConversationKinds.Group && member.Role is Roles.Owner or Roles.Admin)
            return null;
        if (message.SenderId != member.UserId)
            return new Refusal(ErrorCodes.Forbidden, "The message is somebody else's.");
        return IsWithin(message, limits.RecallSeconds, now) ? null
            : new Refusal(ErrorCodes.Forbidden, $"A message can be recalled for {limits.RecallSeconds} seconds.");
    }

    private static Refusal? CheckEdit(SendCommand send, Message named, long now, MessageLimits limits)
    {
        if (!MessageBodies.IsContent(named.Type))
            return Invalid("A message of this type cannot be edited.");
        if (named.SenderId != send.SenderId)
            return new Refusal(ErrorCodes.Forbidden, "The message is somebody else's.");
        if (named.RecalledBy is not null)
            return Invalid("The message has been recalled.");
        if (!IsWithin(named, limits.EditSeconds, now))
            return new Refusal(ErrorCodes.Forbidden, $"A message can be edited for {limits.EditSeconds} seconds.");
        return MessageBodies.Check(named.Type, send.Message.Body!.Value.GetProperty("body"), limits);
    }

    private static Refusal? CheckReaction(SendCommand send, Message named, MessageLimits limits)
    {
        if (!IsSaid(named))
            return Invalid("Nobody reacts to a message of this type.");
        if (named.RecalledBy is not null)
            return Invalid("The message has been recalled.");
        var body = send.Message.Body!.Value;
        var isRemoval = body.TryGetProperty("remove", out var remove) && remove.ValueKind == System.Text.Json.JsonValueKind.True;
        var reactions = named.Reactions ?? new Dictionary<string, string[]>();
        if (isRemoval || reactions.GetValueOrDefault(body.GetProperty("reaction").GetString()!)?.Contains(send.SenderId) == true)
            return null;
        return reactions.Values.Sum(users => users.Length) < limits.Reactions ? null
            : new Refusal(ErrorCodes.TooLarge, $"The message has {limits.Reactions} reactions, which is the most.");
    }

    private static bool IsSaid(Message message) => MessageBodies.IsContent(message.Type) || message.Type == MessageTypes.Notification;

    private static bool IsWithin(Message message, int seconds, long now) => now - message.SentAt <= seconds * 1_000L;

    private static Refusal Invalid(string sentence) => new(ErrorCodes.InvalidArgument, sentence);
}
