namespace ImDapr.Contracts;

/// <summary>On <see cref="Topics.Messages"/>: a batch of stored entities; of each conversation in ascending seq.</summary>
public sealed record MessagesStored(Message[] Messages);

/// <summary>On <see cref="Topics.Deliveries"/>: what to push. Messages stand once, users point to them.</summary>
public sealed record Deliveries(Message[] Messages, UserDelivery[] Users, ReceiptDelivery[] Receipts);

/// <summary>New entries of one user's inbox.</summary>
public sealed record UserDelivery(string UserId, DeliveredEntry[] Entries);

/// <param name="Position">Position in the user's inbox.</param>
/// <param name="Message">Index into <see cref="Deliveries.Messages"/>.</param>
public sealed record DeliveredEntry(long Position, int Message);

/// <summary>A risen read mark and the users to tell.</summary>
public sealed record ReceiptDelivery(Receipt Receipt, string[] ToUserIds);

/// <summary>On <see cref="Topics.Offline"/>: messages for users that have no live device.</summary>
public sealed record OfflineRecipients(Message[] Messages, UserDelivery[] Users);

/// <summary>
/// On <see cref="Topics.Relations"/>: something about groups or blocks changed. A hint to look again, so order and repeats do not matter;
/// <paramref name="Action"/> and <paramref name="UserIds"/> say what happened for the conversation's own record.
/// </summary>
/// <param name="Kind"><c>group</c>, <c>block</c> or <c>profile</c>.</param>
/// <param name="Subject">Group id; for a block <c>{blockerId}:{blockedId}</c>; for a profile the user id.</param>
/// <param name="Version">Version of the group after the change, rising by one; 0 for others.</param>
/// <param name="Action"><c>created|added|removed|left|role|renamed|dissolved</c> · <c>blocked|unblocked</c> · <c>updated</c>.</param>
/// <param name="ActorId">User who did it.</param>
/// <param name="UserIds">Users whom it concerns.</param>
public sealed record RelationChanged(string Kind, string Subject, long Version, string Action, string ActorId, string[] UserIds);

/// <summary>On <see cref="Topics.Sessions"/>: this connection is over.</summary>
public sealed record SessionEnded(string UserId, string DeviceId, string ConnectionId, string Reason);
