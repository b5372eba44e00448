using ImDapr.ConnectionService.Hubs;
using ImDapr.ServiceDefaults.Hosting;
using Microsoft.Extensions.Options;

namespace ImDapr.ConnectionService.Presence;

/// <summary>Renews this node's lease: one key for all its connections, so the cost of presence is that of the nodes.</summary>
public sealed partial class NodeHeartbeat(
    PresenceStore store, NodeIdentity node, IOptions<PresenceOptions> options, TimeProvider time, ILogger<NodeHeartbeat> logger) : BackgroundService
{
    /// <summary>The first lease stands before the first connection can.</summary>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await store.RenewLeaseAsync(node.Id, cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(options.Value.HeartbeatSeconds), time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
            await RenewAsync(stoppingToken);
    }

    private async Task RenewAsync(CancellationToken cancellationToken)
    {
        try
        {
            await store.RenewLeaseAsync(node.Id, cancellationToken);
        }
        catch (Exception exception) when (ProblemExceptionHandler.RefusalOf(exception) is not null)
        {
            // The next beat tries again; until the lease ends nobody notices.
            LogMissed(exception, node.Id);
        }
    }

    [LoggerMessage(2301, LogLevel.Warning, "Heartbeat of {NodeId} failed")]
    private partial void LogMissed(Exception exception, string nodeId);
}
