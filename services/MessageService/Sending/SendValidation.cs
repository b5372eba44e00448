using ImDapr.Contracts;

namespace ImDapr.MessageService.Sending;

/// <summary>What may be sent, as far as the message itself tells.</summary>
public static class SendValidation
{
    /// <summary>Why this cannot be sent, or null.</summary>
    public static Refusal? Check(SendCommand command, MessageLimits limits)
    {
        var message = command.Message;
        if (message.SenderId is { } claimed && claimed != command.SenderId)
            return new Refusal(ErrorCodes.Unauthorized, "senderId is not the signed-in user; leave it out.");
        return CheckTarget(command.SenderId, message) ?? CheckFields(message, limits) ?? MessageBodies.Check(message.Type!, message.Body, limits) ?? CheckTargetSeq(message);
    }

    private static Refusal? CheckTarget(string senderId, SendMessage message)
    {
        if (message.ToUserId is null == (message.ConversationId is null))
            return Invalid("Exactly one of toUserId and conversationId is needed.");
        if (message.ToUserId is { } toUserId)
            return !Ids.IsValid(toUserId) ? Invalid("toUserId is not a user id.")
                : toUserId == senderId ? Invalid("A conversation with oneself does not exist.")
                : null;
        return ConversationId.TryParse(message.ConversationId) switch
        {
            null => Invalid("conversationId is not a conversation id."),
            { Kind: ConversationKinds.System } => Invalid("Nobody writes into a system conversation."),
            { Kind: ConversationKinds.Direct } direct when direct.PeerOf(senderId) is null =>
                new Refusal(ErrorCodes.NotAMember, "You are not a member of this conversation."),
            _ => null,
        };
    }

    private static Refusal? CheckFields(SendMessage message, MessageLimits limits)
    {
        if (!Ids.IsValidClientMessageId(message.ClientMessageId))
            return Invalid("clientMessageId is needed: 1 to 64 visible ASCII characters.");
        if (!MessageBodies.IsSendable(message.Type))
            return Invalid($"type is needed: one of {MessageBodies.SendableTypes}.");
        if (message.ReplyTo is < 1)
            return Invalid("replyTo is a seq, 1 or more.");
        if (message.Mentions?.Length > limits.Mentions)
            return Invalid($"At most {limits.Mentions} users can be mentioned.");
        return message.Mentions?.All(mention => mention == Mention.All || Ids.IsValid(mention)) == false
            ? Invalid("mentions holds something that is neither a user id nor @all.")
            : null;
    }

    /// <summary>An edit or a reaction names its message once; who wants may name it as replyTo, too.</summary>
    private static Refusal? CheckTargetSeq(SendMessage message) =>
        MessageBodies.TargetOf(message.Type, message.Body!.Value) is { } target && message.ReplyTo is { } replyTo && replyTo != target
            ? Invalid("replyTo is another message than the seq of the body; leave it out.")
            : null;

    private static Refusal Invalid(string sentence) => new(ErrorCodes.InvalidArgument, sentence);
}
