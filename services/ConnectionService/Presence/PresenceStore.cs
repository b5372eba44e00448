using System.Text.Json;
using Dapr.Client;
using ImDapr.Contracts;
using Microsoft.Extensions.Options;

namespace ImDapr.ConnectionService.Presence;

/// <param name="Since">Unix milliseconds, UTC.</param>
public sealed record PresentDevice(string Node, string Platform, string ConnectionId, long Since);

/// <summary>Which devices of a user are connected, and on which node.</summary>
/// <remarks>
/// presence-{userId}   {deviceId: device}   written on connect and disconnect; always first write wins (never mixed on one key)
/// node-{nodeId}       {}                   lives as long as the node's lease (ttlInSeconds), renewed by its heartbeat
/// A node that crashes cleans up nothing: its lease ends, and with it every device that it held.
/// </remarks>
public sealed class PresenceStore(DaprClient dapr, IOptions<PresenceOptions> options)
{
    private const int MaxRounds = 10;
    private static readonly StateOptions FirstWrite = new() { Concurrency = ConcurrencyMode.FirstWrite };
    private readonly Dictionary<string, string> _lease = new() { ["ttlInSeconds"] = $"{options.Value.LeaseSeconds}" };

    public Task RenewLeaseAsync(string nodeId, CancellationToken cancellationToken) =>
        dapr.SaveStateAsync(DaprNames.StateStore, NodeKey(nodeId), "alive", metadata: _lease, cancellationToken: cancellationToken);

    public Task EndLeaseAsync(string nodeId, CancellationToken cancellationToken) =>
        dapr.DeleteStateAsync(DaprNames.StateStore, NodeKey(nodeId), cancellationToken: cancellationToken);

    /// <summary>Changes a user's devices; of two that do so at once, one looks again.</summary>
    /// <param name="userId">User.</param>
    /// <param name="change">Answers the new devices, or null to leave them.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public async Task ChangeAsync(
        string userId, Func<Dictionary<string, PresentDevice>, Dictionary<string, PresentDevice>?> change, CancellationToken cancellationToken)
    {
        for (var round = 0; round < MaxRounds; round++)
        {
            var (devices, etag) = await dapr.GetStateAndETagAsync<Dictionary<string, PresentDevice>?>(
                DaprNames.StateStore, UserKey(userId), cancellationToken: cancellationToken);
            if (change(devices ?? []) is not { } changed)
                return;
            if (await dapr.TrySaveStateAsync(DaprNames.StateStore, UserKey(userId), changed, etag ?? "", FirstWrite, cancellationToken: cancellationToken))
                return;
        }
        throw new TimeoutException($"Presence of {userId} was changed {MaxRounds} times by others meanwhile");
    }

    public async Task<Dictionary<string, Dictionary<string, PresentDevice>>> ReadAsync(IReadOnlyList<string> userIds, CancellationToken cancellationToken)
    {
        var items = await dapr.GetBulkStateAsync(DaprNames.StateStore, [.. userIds.Select(UserKey)], null, cancellationToken: cancellationToken);
        var byKey = items.ToDictionary(item => item.Key, item => item.Value);
        return userIds.ToDictionary(
            userId => userId,
            userId => byKey.GetValueOrDefault(UserKey(userId)) is { Length: > 0 } json
                ? JsonSerializer.Deserialize<Dictionary<string, PresentDevice>>(json, ContractsJson.Wire)!
                : []);
    }

    /// <returns>Those of the nodes whose lease lives.</returns>
    public async Task<HashSet<string>> LiveNodesAsync(IReadOnlyCollection<string> nodeIds, CancellationToken cancellationToken)
    {
        if (nodeIds.Count == 0)
            return [];
        var items = await dapr.GetBulkStateAsync(DaprNames.StateStore, [.. nodeIds.Select(NodeKey)], null, cancellationToken: cancellationToken);
        var live = items.Where(item => item.Value is { Length: > 0 }).Select(item => item.Key).ToHashSet();
        return [.. nodeIds.Where(nodeId => live.Contains(NodeKey(nodeId)))];
    }

    private static string UserKey(string userId) => $"presence-{userId}";

    private static string NodeKey(string nodeId) => $"node-{nodeId}";
}
