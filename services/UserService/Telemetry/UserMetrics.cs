using System.Diagnostics.Metrics;
using ImDapr.ServiceDefaults.Observability;

namespace ImDapr.UserService.Telemetry;

/// <summary>Instruments of user-service (docs/operations.md).</summary>
public static class UserMetrics
{
    private static readonly Meter Meter = new("ImDapr.UserService");

    public static readonly Counter<long> RelationRetries = Meter.CreateCounter<long>(
        MetricNames.RelationRetries, description: "Changes of groups and contacts that could not be finished or told at once");

    private static readonly Counter<long> Logins = Meter.CreateCounter<long>(MetricNames.Logins, description: "Sign-ins with a password by how they ended");

    public static void CountLogin(bool succeeded) =>
        Logins.Add(1, new KeyValuePair<string, object?>("outcome", succeeded ? "ok" : "refused"));
}
