using ImDapr.Contracts;

namespace ImDapr.ConnectionService.Presence;

/// <summary>Where a device is connected.</summary>
/// <param name="Since">Unix milliseconds, UTC.</param>
public sealed record ConnectedDevice(string Node, string Platform, long Since, string ConnectionId);

/// <summary>
/// A user's connected devices by device id: the rules of presence without I/O. A device counts only while the lease of its node lives, so
/// what a crashed node left behind means nothing, and goes with the next write.
/// </summary>
public sealed class ConnectedDevices(IReadOnlyDictionary<string, ConnectedDevice>? devices)
{
    public IReadOnlyDictionary<string, ConnectedDevice> ById { get; } = devices ?? new Dictionary<string, ConnectedDevice>();

    public IEnumerable<string> Nodes => ById.Values.Select(device => device.Node).Distinct();

    /// <summary>With this connection as the device's only one.</summary>
    public ConnectedDevices With(string deviceId, ConnectedDevice device, IReadOnlySet<string> liveNodes) =>
        new(new Dictionary<string, ConnectedDevice>(Live(liveNodes)) { [deviceId] = device });

    /// <summary>Without this connection; a newer connection of the same device stays.</summary>
    public ConnectedDevices Without(string deviceId, string connectionId, IReadOnlySet<string> liveNodes) =>
        new(Live(liveNodes).Where(entry => entry.Key != deviceId || entry.Value.ConnectionId != connectionId).ToDictionary());

    public UserPresence ToPresence(string userId, IReadOnlySet<string> liveNodes)
    {
        var platforms = Live(liveNodes).Select(entry => entry.Value.Platform).Distinct().Order(StringComparer.Ordinal).ToArray();
        return new UserPresence(userId, platforms.Length > 0, platforms);
    }

    public bool Holds(string deviceId, string connectionId) => ById.TryGetValue(deviceId, out var device) && device.ConnectionId == connectionId;

    private IEnumerable<KeyValuePair<string, ConnectedDevice>> Live(IReadOnlySet<string> liveNodes) =>
        ById.Where(entry => liveNodes.Contains(entry.Value.Node));
}
