namespace ImDapr.Contracts;

/// <summary>Methods of the user actor, called through a weakly typed proxy so that contracts need no package.</summary>
public static class UserActorMethods
{
    public const string OpenSession = "OpenSessionAsync";
    public const string CloseSession = "CloseSessionAsync";
    public const string Append = "AppendAsync";
    public const string Sync = "SyncAsync";
    public const string Ack = "AckAsync";
    public const string DropDevice = "DropDeviceAsync";
}

/// <summary>A live connection of a device.</summary>
/// <param name="NodeId">Instance of connection-service that holds it.</param>
public sealed record DeviceSession(string DeviceId, string Platform, string ConnectionId, string NodeId);

/// <param name="Replaced">The older connection of the same device, to be kicked; null when there was none.</param>
/// <param name="Excluded">Connections of other devices that may not be online together with this one, to be kicked.</param>
public sealed record SessionOpened(DeviceSession? Replaced, DeviceSession[]? Excluded = null);

/// <param name="Session">The asking device's session: an actor that lost its state learns it again. Null for a device that polls.</param>
/// <param name="Polling">A device without a socket: it acknowledges what it asks to see the continuation of, and waits when there is none.</param>
public sealed record ActorSync(DeviceSession? Session, SyncRequest Request, PollingDevice? Polling = null);

/// <param name="WaitMilliseconds">How long it will wait to be woken.</param>
public sealed record PollingDevice(string DeviceId, string Platform, long WaitMilliseconds);

public sealed record ActorAck(string DeviceId, long Position);

/// <summary>References to append, of each conversation in ascending seq.</summary>
public sealed record AppendRequest(MessageReference[] References);

/// <param name="JoinSeq">First seq that this user may see.</param>
/// <param name="IsVoid">A void entity: it closes a gap and gets no position.</param>
/// <param name="Copy">The message itself, where the policy is <see cref="FanOutPolicy.Copy"/>.</param>
/// <param name="Recalls">Seq of a message whose copy must not be shown any more.</param>
/// <param name="IsOwn">The user sent it: acknowledging it raises no delivered mark.</param>
public sealed record MessageReference(
    string ConversationId, long Seq, long JoinSeq, bool IsVoid = false, Message? Copy = null, long? Recalls = null, bool IsOwn = false);

/// <summary>Where each reference stands now; 0 for one that has no position of its own (void, before the join, or no longer kept).</summary>
/// <param name="Online">The user has at least one open device session.</param>
/// <param name="Polled">Somebody waits for this inbox to grow (<see cref="InboxesGrown"/>).</param>
public sealed record AppendAnswer(long[] Positions, bool Online, bool Polled = false);
