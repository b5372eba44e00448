using System.Text.Json;
using System.Text.Json.Serialization;

namespace ImDapr.Contracts;

/// <summary>
/// An event as a sidecar hands it over: the envelope of CloudEvents, of which a subscriber to our own topics needs the data and their version. Read in one
/// pass, where the SDK's middleware reads an event into memory, writes its data anew, and has it read once more.
/// </summary>
/// <param name="Type">See <see cref="EventType"/>.</param>
public sealed record EventEnvelope<T>([property: JsonRequired] T Data, string? Type = null) : IJsonOnDeserialized where T : IEvent
{
    /// <exception cref="UnknownVersionException">The reader fails: nobody gets data that it might misunderstand.</exception>
    void IJsonOnDeserialized.OnDeserialized() => T.Version.Check(T.Topic, EventType.VersionIn(Type, T.Topic));
}

/// <summary>On <see cref="Topics.Messages"/>: a batch of stored entities; of each conversation in ascending seq.</summary>
/// <param name="Messages">The entities.</param>
/// <param name="Policies">How each reaches the members, in the order of the messages; absent: all by <see cref="FanOutPolicy.Reference"/>.</param>
/// <param name="Traces">See <see cref="MessageTraces"/>.</param>
public sealed record MessagesStored(Message[] Messages, FanOutPolicy[]? Policies = null, IReadOnlyDictionary<int, string>? Traces = null) : IEvent
{
    static string IEvent.Topic => Topics.Messages;

    static ContractVersion IEvent.Version => ContractVersions.Messages;

    public static MessagesStored Of(Message[] messages) =>
        new(
            messages,
            Array.TrueForAll(messages, message => message.FanOut == FanOutPolicy.Reference) ? null : Array.ConvertAll(messages, message => message.FanOut),
            MessageTraces.Of(messages));

    /// <summary>The messages, each with its policy and its trace.</summary>
    public Message[] Restored() => Policies is null && Traces is null
        ? Messages
        : [.. Messages.Select((message, i) => message with { FanOut = Policies?[i] ?? FanOutPolicy.Reference, TraceParent = Traces?.GetValueOrDefault(i) })];
}

/// <summary>On <see cref="Topics.Deliveries"/>: what to push. Messages stand once, users and timelines point to them.</summary>
/// <param name="Traces">See <see cref="MessageTraces"/>.</param>
public sealed record Deliveries(
    Message[] Messages,
    UserDelivery[] Users,
    ReceiptDelivery[] Receipts,
    TimelineDelivery[]? Timelines = null,
    TypingDelivery[]? Typings = null,
    IReadOnlyDictionary<int, string>? Traces = null) : IEvent
{
    static string IEvent.Topic => Topics.Deliveries;

    static ContractVersion IEvent.Version => ContractVersions.Deliveries;
}

/// <param name="Messages">Indices into <see cref="Deliveries.Messages"/>, by ascending seq.</param>
public sealed record TimelineDelivery(string ConversationId, int[] Messages);

/// <summary>Somebody types, and the users to tell.</summary>
/// <param name="Nodes">Instances of connection-service that hold their devices; null when that is not known.</param>
public sealed record TypingDelivery(TypingNotice Typing, string[] ToUserIds, string[]? Nodes = null);

/// <summary>New entries of one user's inbox.</summary>
/// <param name="Nodes">Instances of connection-service that held a device of the user when they were appended.</param>
public sealed record UserDelivery(string UserId, DeliveredEntry[] Entries, string[] Nodes);

/// <param name="Position">Position in the user's inbox.</param>
/// <param name="Message">Index into <see cref="Deliveries.Messages"/>.</param>
public sealed record DeliveredEntry(long Position, int Message);

/// <summary>A risen mark and the users to tell.</summary>
/// <param name="Nodes">Instances of connection-service that hold their devices; null when that is not known.</param>
public sealed record ReceiptDelivery(Receipt Receipt, string[] ToUserIds, string[]? Nodes = null);

/// <summary>Between instances of connection-service: pushes for whichever of them hold the users.</summary>
/// <param name="NodeId">Who sends it, and has pushed to its own connections.</param>
/// <param name="Deliveries">Receipts and typing notices.</param>
public sealed record NodesDeliveries(string NodeId, Deliveries Deliveries);

/// <summary>On <see cref="Topics.Offline"/>: messages for users that have no live device.</summary>
public sealed record OfflineRecipients(Message[] Messages, UserDelivery[] Users) : IEvent
{
    static string IEvent.Topic => Topics.Offline;

    static ContractVersion IEvent.Version => ContractVersions.Offline;
}

/// <summary>What a <see cref="RelationChanged"/> is about.</summary>
public static class RelationKinds
{
    public const string Group = "group";
    public const string Contact = "contact";
    public const string Block = "block";
    public const string Profile = "profile";

    /// <summary>How a conversation (the subject) stands for a user; told to instances of message-service only.</summary>
    public const string Conversation = "conversation";
}

/// <summary>What happened to a relation.</summary>
public static class RelationActions
{
    public const string Created = "created";
    public const string Added = "added";
    public const string Removed = "removed";
    public const string Left = "left";
    public const string Role = "role";
    public const string Transferred = "transferred";
    public const string Renamed = "renamed";
    public const string Settings = "settings";
    public const string Dissolved = "dissolved";

    public const string Requested = "requested";
    public const string Accepted = "accepted";
    public const string Refused = "refused";
    public const string Cancelled = "cancelled";

    public const string Blocked = "blocked";
    public const string Unblocked = "unblocked";
    public const string Updated = "updated";
}

/// <summary>
/// On <see cref="Topics.Relations"/>: something about groups, contacts or blocks changed. A hint to look again, so order and repeats do not
/// matter; <paramref name="Action"/>, <paramref name="UserIds"/> and <paramref name="Detail"/> say what happened for the conversation's own record.
/// (Subject, Version) names a change of a group or contact for ever: a repeat is the same.
/// </summary>
/// <param name="Kind">One of <see cref="RelationKinds"/>.</param>
/// <param name="Subject">Group id; for a contact <c>{a}:{b}</c> in ordinal order; for a block <c>{blockerId}:{blockedId}</c>; for a profile the user id.</param>
/// <param name="Version">Version of the group or contact after the change, rising by one; 0 for others.</param>
/// <param name="Action">
/// <c>created|added|removed|left|role|transferred|renamed|settings|dissolved</c> · <c>requested|accepted|refused|cancelled|removed</c> ·
/// <c>blocked|unblocked</c> · <c>updated</c>.
/// </param>
/// <param name="ActorId">User who did it.</param>
/// <param name="UserIds">Users whom it concerns: those added or removed, the new owner, the other user of a contact.</param>
/// <param name="Detail">
/// Of <c>added</c> and <c>role</c> the role; of <c>renamed</c> the name; of <c>settings</c> the invite policy; of <c>requested</c> the note.
/// </param>
public sealed record RelationChanged(
    string Kind, string Subject, long Version, string Action, string ActorId, string[] UserIds, string? Detail = null) : IEvent
{
    static string IEvent.Topic => Topics.Relations;

    static ContractVersion IEvent.Version => ContractVersions.Relations;
}

/// <summary>On <see cref="Topics.Sessions"/>: this connection is over.</summary>
public sealed record SessionEnded(string UserId, string DeviceId, string ConnectionId, string Reason) : IEvent
{
    static string IEvent.Topic => Topics.Sessions;

    static ContractVersion IEvent.Version => ContractVersions.Sessions;
}

/// <summary>
/// On <see cref="Topics.Timelines"/>: who reads a timeline from now on, or no more: connections join or leave its pushes. A hint; every Sync
/// tells the same.
/// </summary>
public sealed record TimelineMembers(string ConversationId, string[] Joined, string[] Left) : IEvent
{
    static string IEvent.Topic => Topics.Timelines;

    static ContractVersion IEvent.Version => ContractVersions.Timelines;
}

/// <summary>On <see cref="Topics.Inboxes"/>: these inboxes have grown while somebody polls them.</summary>
public sealed record InboxesGrown(string[] UserIds) : IEvent
{
    static string IEvent.Topic => Topics.Inboxes;

    static ContractVersion IEvent.Version => ContractVersions.Inboxes;
}

/// <summary>On <see cref="Topics.Notifications"/>: another service asks for a delivery (design section 6).</summary>
/// <param name="Id">1–64 visible ASCII characters, unique per source application: a redelivery is harmless.</param>
/// <param name="From">User on whose behalf it is sent; absent: the application itself.</param>
/// <param name="Type"><c>notification</c> or a type that clients may send.</param>
/// <param name="ExpiresAt">Unix milliseconds, UTC, after which nobody is to see it.</param>
public sealed record Notification(string? Id, NotificationTarget? To, string? From, string? Type, JsonElement? Body, long? ExpiresAt) : IEvent
{
    static string IEvent.Topic => Topics.Notifications;

    static ContractVersion IEvent.Version => ContractVersions.Notifications;
}

/// <summary>Exactly one of the two: users, each in its system conversation of the source application, or a conversation.</summary>
public sealed record NotificationTarget(string[]? UserIds, string? ConversationId);
