using Dapr.Actors.Runtime;
using ImDapr.Contracts;

namespace ImDapr.MessageService.Inbox;

/// <summary>One call at a time for one user: the one place where its devices race (<see cref="UserInbox"/>).</summary>
public sealed class UserActor(ActorHost host, UserInboxes inboxes) : Actor(host), IUserActor
{
    private readonly UserInbox _inbox = inboxes.Of(host.Id.ToString());

    public Task<SessionOpened> OpenSessionAsync(DeviceSession session, CancellationToken cancellationToken) =>
        _inbox.OpenAsync(session, cancellationToken);

    public Task CloseSessionAsync(DeviceSession session, CancellationToken cancellationToken) => _inbox.CloseAsync(session, cancellationToken);

    public Task<Answer<SyncPage>> SyncAsync(ActorSync sync, CancellationToken cancellationToken) => _inbox.SyncAsync(sync, cancellationToken);

    public Task DropDeviceAsync(string deviceId, CancellationToken cancellationToken) => _inbox.DropDeviceAsync(deviceId, cancellationToken);
}
