using System.Text.Json;

namespace ImDapr.Contracts;

/// <summary>Argument of <c>Send</c>. Exactly one of <paramref name="ToUserId"/> and <paramref name="ConversationId"/> is given.</summary>
/// <param name="SenderId">May be left out; anything but the token's user is <c>unauthorized</c>.</param>
public sealed record SendMessage(
    string? ClientMessageId,
    string? ToUserId,
    string? ConversationId,
    string? Type,
    JsonElement? Body,
    long? ReplyTo = null,
    string[]? Mentions = null,
    string? SenderId = null);

/// <summary>Answer of <c>Send</c>: the message is stored and will reach every member's inbox.</summary>
/// <param name="SentAt">Unix milliseconds, UTC.</param>
/// <param name="Duplicate">True when the same clientMessageId had been stored before; seq and time are those of the first.</param>
public sealed record SendAck(string ConversationId, long Seq, long SentAt, bool Duplicate);

/// <summary>Argument of <c>Sync</c>.</summary>
/// <param name="After">Last position that the device holds; 0 for none.</param>
/// <param name="Limit">1–200; 0 or absent means 100.</param>
/// <param name="Epoch">The epoch that <paramref name="After"/> belongs to.</param>
public sealed record SyncRequest(long After, int Limit, string? Epoch = null);

/// <summary>Answer of <c>Sync</c>.</summary>
/// <param name="Entries">Entries after the asked position, contiguous.</param>
/// <param name="Next">Pass as <c>after</c> next time; equal to <paramref name="Head"/> when the device holds everything.</param>
/// <param name="Head">Last position of the inbox.</param>
/// <param name="Epoch">Changes when the inbox was rebuilt: positions of another epoch mean nothing.</param>
/// <param name="Reset">The asked position is not in this inbox (older than what is kept, or of another epoch): entries start over, load conversations by History.</param>
/// <param name="Timelines">Conversations that have messages which no inbox holds, with their heads: read those from the last seq shown by History, before the entries are applied.</param>
public sealed record SyncPage(InboxEntry[] Entries, long Next, long Head, string Epoch, bool Reset, TimelineHead[] Timelines);

public sealed record TimelineHead(string ConversationId, long LastSeq);

/// <summary>Argument of <c>Ack</c>: the device has everything up to this position.</summary>
public sealed record AckRequest(long Position);

/// <summary>Argument of <c>Read</c>: the user has read the conversation up to this seq. Read marks only rise.</summary>
public sealed record ReadRequest(string? ConversationId, long Seq);

/// <summary>Argument of <c>History</c>: older than <paramref name="Before"/>, or newer than <paramref name="After"/>; neither means the newest.</summary>
public sealed record HistoryRequest(string? ConversationId, long? Before, long? After, int Limit);

/// <summary>Messages in ascending seq.</summary>
/// <param name="HasMore">There is more in the asked direction.</param>
public sealed record HistoryPage(Message[] Messages, bool HasMore);

/// <summary>Argument of <c>Conversations</c>: the page after the conversation with this id; most recently active first.</summary>
public sealed record ConversationsRequest(string? After, int Limit);

public sealed record ConversationSummary(
    string ConversationId,
    string Kind,
    string Title,
    string? PeerId,
    long LastSeq,
    long ReadSeq,
    long Unread,
    Message? LastMessage,
    long ClearedSeq = 0,
    bool Muted = false,
    bool Pinned = false);

/// <summary>
/// Argument of <c>UpdateConversation</c>: how a conversation stands for the calling user alone; absent fields stay. The user's devices learn of it
/// by a notification in the user's own system conversation.
/// </summary>
/// <param name="ClearedSeq">Everything up to this seq is gone for this user; it only rises.</param>
public sealed record ConversationUpdate(string? ConversationId, bool? Muted, bool? Pinned, long? ClearedSeq);

/// <summary>Argument of <c>Recall</c>.</summary>
public sealed record RecallRequest(string? ConversationId, long Seq);

/// <summary>Argument of <c>Typing</c>.</summary>
public sealed record TypingRequest(string? ConversationId);

/// <summary>A member types. Nothing is stored; it holds for some seconds.</summary>
public sealed record TypingNotice(string ConversationId, string UserId);

/// <summary>Argument of <c>Receipts</c>: how far the members have received and read.</summary>
public sealed record ReceiptsRequest(string? ConversationId);

/// <summary>Argument of <c>WatchPresence</c>; replaces what the connection watched before.</summary>
public sealed record WatchPresenceRequest(string[]? UserIds);

/// <summary>Who is online, on which platforms.</summary>
public sealed record UserPresence(string UserId, bool Online, string[] Devices);

/// <summary>How far a member has received and read; both only rise, and what is read counts as delivered.</summary>
public sealed record Receipt(string ConversationId, string UserId, long ReadSeq, long DeliveredSeq);

/// <summary>
/// Why a session ended: <c>replaced</c> (the same device connected again), <c>revoked</c> (signed out), <c>policy</c> (another device connected that
/// may not be online together with this one).
/// </summary>
public sealed record Kick(string Reason);

public sealed record Within(int WithinSeconds);

/// <summary>What the server calls on a connection. The names are the protocol.</summary>
public interface IImClient
{
    Task Deliver(IReadOnlyList<InboxEntry> entries);
    Task DeliverTimeline(IReadOnlyList<Message> messages);
    Task Receipt(Receipt receipt);
    Task Typing(TypingNotice typing);
    Task Presence(UserPresence presence);
    Task Kicked(Kick kick);
    Task SyncNow(Within within);
    Task Reconnect(Within within);
}
