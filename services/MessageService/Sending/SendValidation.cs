using System.Text;
using System.Text.Json;
using ImDapr.Contracts;

namespace ImDapr.MessageService.Sending;

/// <summary>What may be sent, as far as the message itself tells.</summary>
public static class SendValidation
{
    private static readonly HashSet<string> SendableTypes =
        [MessageTypes.Text, MessageTypes.Image, MessageTypes.File, MessageTypes.Audio, MessageTypes.Video, MessageTypes.Custom];

    /// <summary>Why this cannot be sent, or null.</summary>
    public static Refusal? Check(SendCommand command)
    {
        var message = command.Message;
        if (message.SenderId is { } claimed && claimed != command.SenderId)
            return new Refusal(ErrorCodes.Unauthorized, "senderId is not the signed-in user; leave it out.");
        return CheckTarget(command.SenderId, message) ?? CheckFields(message) ?? CheckBody(message);
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

    private static Refusal? CheckFields(SendMessage message)
    {
        if (!Ids.IsValidClientMessageId(message.ClientMessageId))
            return Invalid("clientMessageId is needed: 1 to 64 visible ASCII characters.");
        if (message.Type is null || !SendableTypes.Contains(message.Type))
            return Invalid($"type is needed: one of {string.Join(", ", SendableTypes)}.");
        if (message.ReplyTo is < 1)
            return Invalid("replyTo is a seq, 1 or more.");
        if (message.Mentions is { Length: > Limits.Mentions })
            return Invalid($"At most {Limits.Mentions} users can be mentioned.");
        return message.Mentions?.All(Ids.IsValid) == false ? Invalid("mentions holds something that is not a user id.") : null;
    }

    private static Refusal? CheckBody(SendMessage message)
    {
        if (message.Body is not { ValueKind: JsonValueKind.Object } body)
            return Invalid("body is needed: a JSON object.");
        if (Encoding.UTF8.GetByteCount(body.GetRawText()) > Limits.BodyBytes)
            return new Refusal(ErrorCodes.TooLarge, $"The body is larger than {Limits.BodyBytes} bytes.");
        if (message.Type != MessageTypes.Text)
            return null;
        return body.TryGetProperty("text", out var text) && text.ValueKind == JsonValueKind.String && text.GetString()!.Length > 0
            ? null
            : Invalid("The body of a text message needs a text.");
    }

    private static Refusal Invalid(string sentence) => new(ErrorCodes.InvalidArgument, sentence);
}
