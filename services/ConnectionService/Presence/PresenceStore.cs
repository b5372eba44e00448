using Dapr;
using Dapr.Client;
using ImDapr.Contracts;
using ImDapr.ServiceDefaults.Observability;
using Microsoft.Extensions.Options;

namespace ImDapr.ConnectionService.Presence;

/// <summary>Which devices of a user are connected, and on which node.</summary>
/// <remarks>
/// presence-{userId}   {deviceId: {node, platform, since, connectionId}}   written on connect and disconnect, first write wins (ETag)
/// nodes               [nodeId]                                            nodes that live or have crashed a moment ago, first write wins
/// node-{nodeId}       {}                                                  lives as long as the node's lease (ttlInSeconds), renewed by its heartbeat
/// A node that crashes cleans up nothing: its lease ends, and with it every device that it held. A user's key stays when the last device
/// leaves: a key that comes and goes would race with its own creation.
/// </remarks>
public sealed class PresenceStore(DaprClient dapr, IOptions<PresenceOptions> options)
{
    // A user's own devices are all that race here, and a handful of tries outlasts them.
    private const int MaxTries = 8;

    private static readonly StateOptions FirstWrite = new() { Concurrency = ConcurrencyMode.FirstWrite };

    private readonly Dictionary<string, string> _lease = new() { ["ttlInSeconds"] = $"{options.Value.LeaseSeconds}" };

    /// <summary>Changes one user's devices. The change is tried again on what another node has written meanwhile; null means nothing to change.</summary>
    /// <returns>The devices as they stand now; null when nothing was to change.</returns>
    /// <exception cref="TimeoutException">Others wrote first too often.</exception>
    public async Task<ConnectedDevices?> ChangeAsync(
        string userId, Func<ConnectedDevices, Task<ConnectedDevices?>> change, CancellationToken cancellationToken)
    {
        for (var tries = 0; tries < MaxTries; tries++)
        {
            var (stored, etag) = await dapr.GetStateAndETagAsync<Dictionary<string, ConnectedDevice>?>(
                DaprNames.StateStore, DevicesKey(userId), cancellationToken: cancellationToken);
            if (await change(new ConnectedDevices(stored)) is not { } changed)
                return null;
            if (await TrySaveAsync(DevicesKey(userId), changed.ById, etag, isLastTry: tries == MaxTries - 1, cancellationToken))
                return changed;
            ServiceMetrics.CountConflict("presence");
        }
        throw new TimeoutException($"Presence of {userId} was written by others {MaxTries} times in a row");
    }

    public async Task<IReadOnlyDictionary<string, ConnectedDevices>> ReadAsync(IReadOnlyCollection<string> userIds, CancellationToken cancellationToken)
    {
        if (userIds.Count == 0)
            return new Dictionary<string, ConnectedDevices>();
        var keys = userIds.ToDictionary(DevicesKey);
        var items = await dapr.GetBulkStateAsync<Dictionary<string, ConnectedDevice>?>(
            DaprNames.StateStore, [.. keys.Keys], parallelism: null, cancellationToken: cancellationToken);
        return items.ToDictionary(item => keys[item.Key], item => new ConnectedDevices(item.Value));
    }

    /// <summary>The nodes that have registered and that nobody has found dead.</summary>
    public async Task<IReadOnlySet<string>> NodesAsync(CancellationToken cancellationToken) =>
        await dapr.GetStateAsync<HashSet<string>?>(DaprNames.StateStore, NodesKey, cancellationToken: cancellationToken) ?? [];

    /// <summary>Adds and removes nodes; another node that does the same at once wins, and the next heartbeat tries again.</summary>
    public async Task ChangeNodesAsync(IReadOnlyCollection<string> added, IReadOnlyCollection<string> removed, CancellationToken cancellationToken)
    {
        var (stored, etag) = await dapr.GetStateAndETagAsync<HashSet<string>?>(DaprNames.StateStore, NodesKey, cancellationToken: cancellationToken);
        var changed = (stored ?? []).Union(added).Except(removed).ToHashSet();
        if (stored is null || !changed.SetEquals(stored))
            await TrySaveAsync(NodesKey, changed, etag, isLastTry: false, cancellationToken);
    }

    public Task RenewLeaseAsync(string nodeId, CancellationToken cancellationToken) =>
        dapr.SaveStateAsync(DaprNames.StateStore, LeaseKey(nodeId), new NodeLease(nodeId), metadata: _lease, cancellationToken: cancellationToken);

    public Task EndLeaseAsync(string nodeId, CancellationToken cancellationToken) =>
        dapr.DeleteStateAsync(DaprNames.StateStore, LeaseKey(nodeId), cancellationToken: cancellationToken);

    /// <summary>Those of the nodes whose lease lives.</summary>
    public async Task<IReadOnlySet<string>> LiveAsync(IReadOnlyCollection<string> nodeIds, CancellationToken cancellationToken)
    {
        var keys = nodeIds.ToDictionary(LeaseKey);
        var items = await dapr.GetBulkStateAsync<NodeLease?>(
            DaprNames.StateStore, [.. keys.Keys], parallelism: null, cancellationToken: cancellationToken);
        return items.Where(item => item.Value is not null).Select(item => keys[item.Key]).ToHashSet();
    }

    private async Task<bool> TrySaveAsync<T>(string key, T value, string etag, bool isLastTry, CancellationToken cancellationToken)
    {
        try
        {
            return await dapr.TrySaveStateAsync(DaprNames.StateStore, key, value, etag, FirstWrite, cancellationToken: cancellationToken);
        }
        catch (DaprException) when (etag.Length == 0 && !isLastTry)
        {
            // Without an ETag to compare, some stores report a lost race to create the key as a plain failure: read it again.
            return false;
        }
    }

    private const string NodesKey = "nodes";

    private static string DevicesKey(string userId) => $"presence-{userId}";

    private static string LeaseKey(string nodeId) => $"node-{nodeId}";

    private sealed record NodeLease(string NodeId);
}
