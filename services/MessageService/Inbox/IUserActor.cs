using Dapr.Actors;
using ImDapr.Contracts;

namespace ImDapr.MessageService.Inbox;

/// <summary>Called by name (<see cref="UserActorMethods"/>). Dapr may repeat a call, so each is harmless to repeat.</summary>
public interface IUserActor : IActor
{
    Task<SessionOpened> OpenSessionAsync(DeviceSession session, CancellationToken cancellationToken);
    Task CloseSessionAsync(DeviceSession session, CancellationToken cancellationToken);
    Task<Answer<SyncPage>> SyncAsync(ActorSync sync, CancellationToken cancellationToken);
    Task DropDeviceAsync(string deviceId, CancellationToken cancellationToken);
}
