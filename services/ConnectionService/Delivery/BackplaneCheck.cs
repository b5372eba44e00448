using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace ImDapr.ConnectionService.Delivery;

/// <summary>The link between the nodes stands: without it a connection can neither be opened nor be reached by pushes.</summary>
internal sealed class BackplaneCheck(BackplaneWatch watch) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(watch.IsUp ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy());
}
