using System.Text.Json;
using ImDapr.Contracts;

namespace ImDapr.MessageService.Entities.State;

/// <summary>An entity as it lies in the state store.</summary>
/// <param name="Message">As it was stored; an amendment has changed its body only.</param>
/// <param name="FanOut">How it reaches the members; <see cref="Message.FanOut"/> is never serialized.</param>
/// <param name="Amendment">What became of it since.</param>
/// <param name="IsGone">Only in a head: everybody has acknowledged it, and of the message only what a retry needs is left.</param>
public sealed record StoredMessage(Message Message, FanOutPolicy FanOut, Amendment? Amendment = null, bool IsGone = false)
{
    private static readonly JsonElement EmptyBody = JsonElement.Parse("{}");

    /// <summary>The message as everybody sees it now.</summary>
    public Message Shown() => (Amendment ?? Amendment.None).ApplyTo(Message with { FanOut = FanOut });

    public StoredMessage AsGone() => this with { Message = Message with { Body = EmptyBody, Mentions = null }, IsGone = true };
}

/// <summary>What answers a retry, also after the entity is gone.</summary>
public sealed record SentRecord(string ConversationId, long Seq, long SentAt, FanOutPolicy FanOut)
{
    public static SentRecord Of(StoredMessage stored) =>
        new(stored.Message.ConversationId, stored.Message.Seq, stored.Message.SentAt, stored.FanOut);
}
