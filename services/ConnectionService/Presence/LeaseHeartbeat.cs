using ImDapr.ConnectionService.Hubs;
using ImDapr.ConnectionService.Sessions;
using ImDapr.ConnectionService.Telemetry;
using Microsoft.Extensions.Options;

namespace ImDapr.ConnectionService.Presence;

/// <summary>Keeps this node's lease alive, and with it the presence of every device that the node holds.</summary>
public sealed partial class LeaseHeartbeat(
    PresenceStore store, NodeLeases leases, PresenceService presence, NodeIdentity node, LocalConnections connections, IOptions<PresenceOptions> options, TimeProvider time,
    ILogger<LeaseHeartbeat> logger) : BackgroundService
{
    private const int RestoresAtATime = 16;

    private bool _hadLease;
    private bool _mustRestore;

    /// <summary>A node that stops says so: its devices are offline at once, not when the lease ends.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        try
        {
            await store.EndLeaseAsync(node.NodeId, cancellationToken);
        }
        catch (Exception outage) when (HubErrors.IsOutage(outage))
        {
            LogNotEnded(outage, options.Value.LeaseSeconds);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Value.Heartbeat, time);
        do
            await BeatAsync(stoppingToken);
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task BeatAsync(CancellationToken stoppingToken)
    {
        using var timeout = new CancellationTokenSource(options.Value.Heartbeat, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, stoppingToken);
        try
        {
            _mustRestore |= _hadLease && (await store.LiveAsync([node.NodeId], either.Token)).Count == 0;
            await store.RenewLeaseAsync(node.NodeId, either.Token);
            _hadLease = true;
            if (_mustRestore)
                await RestoreAsync(stoppingToken);
            _mustRestore = false;
            if (await leases.DiedAsync(either.Token) is { Count: > 0 } died)
                await presence.NodesDiedAsync(died, either.Token);
        }
        catch (Exception outage) when (HubErrors.IsOutage(outage) && !stoppingToken.IsCancellationRequested)
        {
            LogNotRenewed(outage);
            ConnectionMetrics.LeaseFailures.Add(1);
        }
    }

    /// <summary>The lease had ended while the node lived (the store was away, or lost its data): others may have taken its devices for gone.</summary>
    private async Task RestoreAsync(CancellationToken stoppingToken)
    {
        LogRestoring(connections.Count);
        ConnectionMetrics.LeaseRestores.Add(1);
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = RestoresAtATime, CancellationToken = stoppingToken };
        await Parallel.ForEachAsync(connections.All, parallel, async (connection, cancellationToken) =>
        {
            await presence.ConnectedAsync(connection.UserId, connection.Session, cancellationToken);
            if (!connections.Contains(connection.Session.ConnectionId)) // it left meanwhile, perhaps before this was written
                await presence.DisconnectedAsync(connection.UserId, connection.Session, cancellationToken);
        });
    }

    [LoggerMessage(2202, LogLevel.Warning, "The lease of this node could not be renewed; the next heartbeat tries again")]
    private partial void LogNotRenewed(Exception outage);

    [LoggerMessage(2203, LogLevel.Warning, "The lease of this node had ended: the presence of its {Connections} connections is written again")]
    private partial void LogRestoring(int connections);

    [LoggerMessage(2204, LogLevel.Warning, "The lease of this node could not be ended; it ends by itself within {Seconds} s")]
    private partial void LogNotEnded(Exception outage, int seconds);
}
