namespace ImDapr.Contracts;

/// <summary>Methods of the user actor, called through a weakly typed proxy so that contracts need no package.</summary>
public static class UserActorMethods
{
    public const string OpenSession = "OpenSessionAsync";
    public const string CloseSession = "CloseSessionAsync";
    public const string Sync = "SyncAsync";
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
