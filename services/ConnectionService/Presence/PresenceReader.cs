using ImDapr.Contracts;

namespace ImDapr.ConnectionService.Presence;

/// <summary>Who is online: a device counts while the lease of its node lives.</summary>
public sealed class PresenceReader(PresenceStore store)
{
    public async Task<UserPresence[]> ReadAsync(IReadOnlyList<string> userIds, CancellationToken cancellationToken)
    {
        var devices = await store.ReadAsync(userIds, cancellationToken);
        var nodes = devices.Values.SelectMany(of => of.Values).Select(device => device.Node).ToHashSet();
        var live = await store.LiveNodesAsync(nodes, cancellationToken);
        return [.. userIds.Select(userId => Present(userId, devices[userId].Values.Where(device => live.Contains(device.Node))))];
    }

    private static UserPresence Present(string userId, IEnumerable<PresentDevice> devices)
    {
        var platforms = devices.Select(device => device.Platform).Distinct().Order(StringComparer.Ordinal).ToArray();
        return new UserPresence(userId, platforms.Length > 0, platforms);
    }
}
