using ImDapr.ConnectionService.Hubs;
using ImDapr.Contracts;
using Microsoft.AspNetCore.SignalR;

namespace ImDapr.ConnectionService.Presence;

/// <summary>Records connections and tells the watchers when a user comes or goes.</summary>
public sealed class PresenceTracker(PresenceStore store, PresenceReader reader, NodeIdentity node, IHubContext<ImHub, IImClient> hub, TimeProvider time)
{
    public async Task ConnectedAsync(string userId, DeviceSession session, CancellationToken cancellationToken)
    {
        var device = new PresentDevice(node.Id, session.Platform, session.ConnectionId, time.GetUtcNow().ToUnixTimeMilliseconds());
        await store.ChangeAsync(userId, devices => new(devices) { [session.DeviceId] = device }, cancellationToken);
        await TellAsync(userId, cancellationToken);
    }

    /// <summary>Only if the device is still on this connection: a newer one has replaced it already.</summary>
    public async Task DisconnectedAsync(string userId, DeviceSession session, CancellationToken cancellationToken)
    {
        await store.ChangeAsync(userId, devices => WithoutConnection(devices, session), cancellationToken);
        await TellAsync(userId, cancellationToken);
    }

    public static string GroupOf(string userId) => $"presence:{userId}";

    private async Task TellAsync(string userId, CancellationToken cancellationToken)
    {
        var presence = await reader.ReadAsync([userId], cancellationToken);
        await hub.Clients.Group(GroupOf(userId)).Presence(presence[0]);
    }

    private static Dictionary<string, PresentDevice>? WithoutConnection(Dictionary<string, PresentDevice> devices, DeviceSession session)
    {
        if (devices.GetValueOrDefault(session.DeviceId)?.ConnectionId != session.ConnectionId)
            return null;
        devices.Remove(session.DeviceId);
        return devices;
    }
}
