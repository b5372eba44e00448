using System.Text.Json;
using System.Text.Json.Serialization;

namespace ImDapr.Contracts;

/// <summary>Types of message; <c>body</c> is a JSON object whose fields the type names.</summary>
public static class MessageTypes
{
    public const string Text = "text";
    public const string Image = "image";
    public const string File = "file";
    public const string Audio = "audio";
    public const string Video = "video";
    public const string Custom = "custom";
    public const string Notification = "notification";
    public const string Recall = "recall";
    public const string Edit = "edit";
    public const string Reaction = "reaction";
    public const string Membership = "membership";

    /// <summary>Fills a seq that a collision left empty. Stored, never delivered.</summary>
    public const string Void = "void";

    /// <summary>What stands at a position whose entity is no longer kept (its time to live or <c>expiresAt</c> has passed); never stored.</summary>
    public const string Expired = "expired";
}

/// <summary>How a message reaches the members: decided when it is stored, and kept with it, so that nobody ever guesses (docs/decisions/0007).</summary>
[JsonConverter(typeof(JsonStringEnumConverter<FanOutPolicy>))]
public enum FanOutPolicy
{
    /// <summary>Every member's inbox gets a reference to the one entity.</summary>
    [JsonStringEnumMemberName("reference")]
    Reference,

    /// <summary>Every member's inbox gets the message itself.</summary>
    [JsonStringEnumMemberName("copy")]
    Copy,

    /// <summary>No inbox gets anything: members read the conversation.</summary>
    [JsonStringEnumMemberName("timeline")]
    Timeline,
}

/// <summary>A message entity: stored once, keyed by (conversation, seq).</summary>
/// <param name="ConversationId">See <see cref="Contracts.ConversationId"/>.</param>
/// <param name="Seq">1, 2, 3 … in its conversation: the order that everybody sees.</param>
/// <param name="SenderId">User who sent it.</param>
/// <param name="SenderDeviceId">Device that sent it; empty for a service.</param>
/// <param name="ClientMessageId">Idempotency key chosen by the sender.</param>
/// <param name="Type">One of <see cref="MessageTypes"/>.</param>
/// <param name="Body">A JSON object of at most <see cref="Limits.BodyBytes"/>.</param>
/// <param name="ReplyTo">Seq in the same conversation that this answers.</param>
/// <param name="Mentions">Ids of mentioned users.</param>
/// <param name="SentAt">Unix milliseconds, UTC, by the server's clock. Not an order: use <paramref name="Seq"/>.</param>
/// <param name="RecalledBy">Who recalled it; the body is empty then.</param>
/// <param name="EditedAt">Unix milliseconds, UTC, of the last edit; the body is the edited one.</param>
/// <param name="Reactions">User ids by reaction, as they stand now.</param>
/// <param name="ExpiresAt">Unix milliseconds, UTC, after which it is not shown any more.</param>
public sealed record Message(
    string ConversationId,
    long Seq,
    string SenderId,
    string SenderDeviceId,
    string ClientMessageId,
    string Type,
    JsonElement Body,
    long? ReplyTo,
    string[]? Mentions,
    long SentAt,
    string? RecalledBy = null,
    long? EditedAt = null,
    IReadOnlyDictionary<string, string[]>? Reactions = null,
    long? ExpiresAt = null)
{
    /// <summary>Server side only; on <see cref="Topics.Messages"/> it travels in <see cref="MessagesStored.Policies"/>.</summary>
    [JsonIgnore]
    public FanOutPolicy FanOut { get; init; }

    /// <summary>Server side only: W3C <c>traceparent</c> of the send, if that is sampled; travels by <see cref="MessageTraces"/>.</summary>
    [JsonIgnore]
    public string? TraceParent { get; init; }
}

/// <summary>A reference in a user's inbox with the entity it points to.</summary>
/// <param name="Position">1, 2, 3 … in the user's inbox, without gaps.</param>
public sealed record InboxEntry(long Position, Message Message);
