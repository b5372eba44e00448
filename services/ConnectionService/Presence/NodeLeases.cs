using System.Collections.Immutable;
using ImDapr.ConnectionService.Sessions;
using Microsoft.Extensions.Options;

namespace ImDapr.ConnectionService.Presence;

/// <summary>Which nodes are alive, asked for at most every few seconds. This node knows that it is.</summary>
public sealed class NodeLeases(PresenceStore store, NodeIdentity self, IOptions<PresenceOptions> options, TimeProvider time)
{
    private readonly TimeSpan _believed = TimeSpan.FromSeconds(options.Value.LeaseCacheSeconds);

    // node -> (alive, until when to believe it). Replaced as a whole; a lost update only costs one more question.
    private ImmutableDictionary<string, (bool IsAlive, DateTimeOffset Until)> _known = ImmutableDictionary<string, (bool, DateTimeOffset)>.Empty;

    // Nodes whose death this node has not noticed yet. Touched by the heartbeat alone.
    private HashSet<string> _expected = [];

    /// <summary>Nodes that were alive when it was asked last, and are not any more. Registers this node, and takes the dead out of the register.</summary>
    public async Task<IReadOnlySet<string>> DiedAsync(CancellationToken cancellationToken)
    {
        var registered = await store.NodesAsync(cancellationToken);
        var others = registered.Union(_expected).Where(node => node != self.NodeId).ToArray();
        var live = others.Length == 0 ? new HashSet<string>() : await store.LiveAsync(others, cancellationToken);
        var dead = registered.Where(node => node != self.NodeId && !live.Contains(node)).ToArray();
        if (dead.Length > 0 || !registered.Contains(self.NodeId))
            await store.ChangeNodesAsync([self.NodeId], dead, cancellationToken);
        var died = others.Where(node => !live.Contains(node)).ToHashSet();
        _expected = [.. live];
        return died;
    }

    public async Task<IReadOnlySet<string>> LiveAsync(IEnumerable<string> nodeIds, CancellationToken cancellationToken)
    {
        var others = nodeIds.Where(node => node != self.NodeId).Distinct().ToArray();
        var now = time.GetUtcNow();
        var known = _known;
        var unknown = others.Where(node => !known.TryGetValue(node, out var lease) || lease.Until <= now).ToArray();
        if (unknown.Length > 0)
            known = await AskAsync(unknown, now, cancellationToken);
        return others.Where(node => known[node].IsAlive).Append(self.NodeId).ToHashSet();
    }

    private async Task<ImmutableDictionary<string, (bool IsAlive, DateTimeOffset Until)>> AskAsync(
        string[] nodeIds, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var live = await store.LiveAsync(nodeIds, cancellationToken);
        // What is out of date goes, so that names of dead nodes do not pile up.
        var known = _known.RemoveRange(_known.Where(entry => entry.Value.Until <= now).Select(entry => entry.Key))
            .SetItems(nodeIds.Select(node => KeyValuePair.Create(node, (live.Contains(node), now + _believed))));
        _known = known;
        return known;
    }
}
