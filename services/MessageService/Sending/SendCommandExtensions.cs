using ImDapr.Contracts;

namespace ImDapr.MessageService.Sending;

/// <summary>What a send that has passed <see cref="SendValidation"/> is about.</summary>
public static class SendCommandExtensions
{
    public static string ConversationOf(this SendCommand send) =>
        send.Message.ConversationId ?? ConversationId.Direct(send.SenderId, send.Message.ToUserId!);

    /// <summary>The other user of a direct conversation, or null.</summary>
    public static string? PeerOf(this SendCommand send) =>
        send.Message.ToUserId ?? ConversationId.TryParse(send.Message.ConversationId)?.PeerOf(send.SenderId);

    /// <summary>Seq of the message that it answers or changes, or null.</summary>
    public static long? NamedSeq(this SendCommand send) => MessageBodies.TargetOf(send.Message.Type, send.Message.Body!.Value) ?? send.Message.ReplyTo;
}
