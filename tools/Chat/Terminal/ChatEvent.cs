using System.Text.Json.Serialization;
using ImDapr.Contracts;

namespace ImDapr.Chat.Terminal;

/// <summary>What the chat shows; as JSON one object per line, told apart by <c>event</c>.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "event")]
[JsonDerivedType(typeof(Ready), "ready")]
[JsonDerivedType(typeof(Disconnected), "disconnected")]
[JsonDerivedType(typeof(Received), "message")]
[JsonDerivedType(typeof(Acknowledged), "ack")]
[JsonDerivedType(typeof(Failed), "error")]
[JsonDerivedType(typeof(PresenceChanged), "presence")]
[JsonDerivedType(typeof(ReadUpTo), "receipt")]
[JsonDerivedType(typeof(Talking), "target")]
[JsonDerivedType(typeof(Listed), "conversation")]
[JsonDerivedType(typeof(Remembered), "history")]
[JsonDerivedType(typeof(KickedOut), "kicked")]
[JsonDerivedType(typeof(HelpAsked), "help")]
public abstract record ChatEvent
{
    /// <summary>Connected, and everything missed was shown.</summary>
    public sealed record Ready(string UserId, string DeviceId) : ChatEvent;

    public sealed record Disconnected(string Reason) : ChatEvent;

    /// <summary>A message that this device had not shown before.</summary>
    public sealed record Received(Message Message) : ChatEvent;

    public sealed record Acknowledged(string ClientMessageId, string ConversationId, long Seq, bool Duplicate) : ChatEvent;

    /// <param name="Retrying">It will be tried again; otherwise it is over.</param>
    public sealed record Failed(string Code, string Text, bool Retrying) : ChatEvent;

    public sealed record PresenceChanged(string UserId, bool Online, string[] Devices) : ChatEvent;

    public sealed record ReadUpTo(string ConversationId, string UserId, long ReadSeq) : ChatEvent;

    /// <summary>Where the following lines go.</summary>
    public sealed record Talking(string? UserId, string? ConversationId) : ChatEvent;

    public sealed record Listed(ConversationSummary Conversation) : ChatEvent;

    /// <summary>A message asked for by <c>/history</c>, shown before or not.</summary>
    public sealed record Remembered(Message Message) : ChatEvent;

    public sealed record KickedOut(string Reason) : ChatEvent;

    public sealed record HelpAsked(string Text) : ChatEvent;
}
