namespace ImDapr.Contracts;

/// <summary>Methods of the user actor, called through a weakly typed proxy so that contracts need no package.</summary>
public static class UserActorMethods
{
    public const string OpenSession = "OpenSessionAsync";
    public const string CloseSession = "CloseSessionAsync";
    public const string Append = "AppendAsync";
    public const string Sync = "SyncAsync";
    public const string Ack = "AckAsync";
}

/// <summary>A live connection of a device.</summary>
/// <param name="NodeId">Instance of connection-service that holds it.</param>
public sealed record DeviceSession(string DeviceId, string Platform, string ConnectionId, string NodeId);

/// <param name="Replaced">The older connection of the same device, to be kicked; null when there was none.</param>
public sealed record SessionOpened(DeviceSession? Replaced);

/// <param name="Session">The asking device's session: an actor that lost its state learns it again.</param>
public sealed record ActorSync(DeviceSession? Session, SyncRequest Request);

public sealed record ActorAck(string DeviceId, long Position);

/// <summary>References to append, of each conversation in ascending seq.</summary>
public sealed record AppendRequest(MessageReference[] References);

/// <param name="JoinSeq">First seq that this user may see.</param>
/// <param name="IsVoid">A void entity: it closes a gap and gets no position.</param>
public sealed record MessageReference(string ConversationId, long Seq, long JoinSeq, bool IsVoid = false);

/// <summary>Where each reference stands now; 0 for one that has no position of its own (void, before the join, or no longer kept).</summary>
/// <param name="Online">The user has at least one open device session.</param>
public sealed record AppendAnswer(long[] Positions, bool Online);
