using Dapr;
using Dapr.Client;
using ImDapr.Contracts;
using ImDapr.ServiceDefaults.Observability;
using ImDapr.ServiceDefaults.Sql;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace ImDapr.ServiceDefaults.Health;

/// <summary>The sidecar answers and has loaded its components.</summary>
internal sealed class SidecarCheck(DaprClient dapr) : IHealthCheck
{
    // Outbound: the whole health of a sidecar includes the app's, and each would wait for the other.
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        await dapr.CheckOutboundHealthAsync(cancellationToken) ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy();
}

/// <summary>
/// The databases behind the bindings answer. While some of several do, this instance serves their conversations: it is degraded, and ready, for
/// every other instance is the same, and to take all away would be worse.
/// </summary>
internal sealed class EntitiesCheck(SqlShards shards) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var away = (await Task.WhenAll(shards.All.Select(sql => IsAwayAsync(sql, cancellationToken)))).Count(isAway => isAway);
        return away == 0 ? HealthCheckResult.Healthy() : away == shards.All.Count ? HealthCheckResult.Unhealthy() : HealthCheckResult.Degraded();
    }

    private async Task<bool> IsAwayAsync(SqlClient sql, CancellationToken cancellationToken)
    {
        var isAway = false;
        try
        {
            await sql.QueryAsync("SELECT 1 AS one", [], cancellationToken);
        }
        catch (Exception exception) when (exception is DaprException or OperationCanceledException)
        {
            isAway = true;
        }
        if (shards.All.Count > 1)
            ServiceMetrics.RecordPart(sql.Binding, !isAway);
        return isAway;
    }
}

/// <summary>The state store answers a read of a key that nobody writes.</summary>
internal sealed class StateStoreCheck(DaprClient dapr) : IHealthCheck
{
    private const string Key = "readiness";

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        await dapr.GetByteStateAsync(DaprNames.StateStore, Key, cancellationToken: cancellationToken);
        return HealthCheckResult.Healthy();
    }
}

/// <summary>
/// The sidecar has the pub/sub components. Whether their broker answers cannot be told without publishing: where it is the state store's Redis,
/// that check tells; publishes that fail are counted.
/// </summary>
internal sealed class PubSubCheck(DaprClient dapr) : IHealthCheck
{
    private static readonly string[] Needed = [DaprNames.PubSub, DaprNames.Broadcast];

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var loaded = (await dapr.GetMetadataAsync(cancellationToken)).Components.Select(component => component.Name);
        return Needed.Except(loaded).Any() ? HealthCheckResult.Unhealthy() : HealthCheckResult.Healthy();
    }
}
