using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace ImDapr.ConnectionService.Delivery;

/// <summary>The link between the nodes stands: without it pushes of other nodes do not reach the connections of this one.</summary>
internal sealed class BackplaneCheck(BackplaneWatch watch) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(watch.IsUp ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy());
}
