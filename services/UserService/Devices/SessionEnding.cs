using Dapr.Client;
using ImDapr.Contracts;
using ImDapr.ServiceDefaults.Versions;

namespace ImDapr.UserService.Devices;

/// <summary>Ends a device's session: its refresh token stops working, and its connections are closed wherever they are.</summary>
public sealed class SessionEnding(DeviceStore devices, DaprClient dapr)
{
    public async Task RevokeAsync(string userId, string deviceId, CancellationToken cancellationToken)
    {
        await devices.RevokeAsync(userId, deviceId, cancellationToken);
        await TellAsync(userId, deviceId, cancellationToken);
    }

    /// <returns>False when there was no such device.</returns>
    public async Task<bool> RemoveAsync(string userId, string deviceId, CancellationToken cancellationToken)
    {
        var removed = await devices.RemoveAsync(userId, deviceId, cancellationToken);
        if (removed)
            await TellAsync(userId, deviceId, cancellationToken);
        return removed;
    }

    // No connection id: every connection of the device.
    private Task TellAsync(string userId, string deviceId, CancellationToken cancellationToken) =>
        dapr.PublishAsync(DaprNames.Broadcast, new SessionEnded(userId, deviceId, "", "revoked"), cancellationToken);
}
