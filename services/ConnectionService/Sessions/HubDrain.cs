using ImDapr.ConnectionService.Hubs;
using ImDapr.Contracts;
using ImDapr.ServiceDefaults.Hosting;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.Options;

namespace ImDapr.ConnectionService.Sessions;

/// <summary>
/// A node that leaves asks its clients to connect elsewhere, spread over seconds so that the other nodes do not get them all at once, and closes the
/// connections of those who did not go, so that they may come back.
/// </summary>
public sealed partial class HubDrain(
    LocalConnections connections, IHubContext<ImHub, IImClient> hub, IOptions<DrainOptions> options, TimeProvider time, ILogger<HubDrain> logger) : IDrainStep
{
    // What a connect costs the node that takes it: a handshake, an actor's turn, presence, a sync.
    private const int ConnectsPerSecond = 100;
    private static readonly TimeSpan PushTimeout = TimeSpan.FromSeconds(5);

    private volatile Within? _farewell;

    /// <summary>What a client is told that connects now; null: this node stays.</summary>
    public Within? Farewell => _farewell;

    // The last quarter is for those who did not go.
    private TimeSpan Patience => options.Value.Limit * 0.75;

    /// <summary>Seconds over which this many clients spread their leaving: at most half of the limit, so that there is time for those who hesitate.</summary>
    public static int SpreadSeconds(int clients, int limitSeconds) => Math.Clamp(clients / ConnectsPerSecond, 1, Math.Max(1, limitSeconds / 2));

    public async Task DrainAsync(CancellationToken limit)
    {
        var within = new Within(SpreadSeconds(connections.Count, options.Value.LimitSeconds));
        _farewell = within; // before looking who is there: whoever comes later sees it
        LogLeaving(connections.Count, within.WithinSeconds);
        // All: those of this node.
        await hub.Clients.All.Reconnect(within).WaitAsync(PushTimeout, time, limit).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        var left = connections.EmptyAsync(limit);
        await left.WaitAsync(Patience, time, limit).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (left.IsCompletedSuccessfully)
            return;
        LogClosing(connections.Count);
        foreach (var connection in connections.All)
            connection.Context.Features.Get<IConnectionLifetimeNotificationFeature>()?.RequestClose();
        await left;
    }

    [LoggerMessage(2011, LogLevel.Information, "This node leaves: {Clients} clients are asked to connect elsewhere within {Seconds} s")]
    private partial void LogLeaving(int clients, int seconds);

    [LoggerMessage(2012, LogLevel.Warning, "{Clients} clients did not leave: their connections are closed")]
    private partial void LogClosing(int clients);
}
