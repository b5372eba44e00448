using ImDapr.ServiceDefaults.Hosting;
using ImDapr.ServiceDefaults.Observability;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;

namespace ImDapr.ServiceDefaults.Health;

/// <param name="Ready">Whether requests may be sent here.</param>
/// <param name="Away">Names of the parts that do not answer; one of which a part answers leaves the instance ready.</param>
/// <param name="Draining">This instance is going and takes nothing new.</param>
public sealed record ReadinessReport(bool Ready, string[] Away, bool Draining);

/// <summary>
/// Whether this instance can do its work now: it is not going, and what it cannot work without answers. Asked as often as anybody likes, it asks
/// the parts once a second at most. It recovers by itself.
/// </summary>
public sealed partial class Readiness(
    HealthCheckService checks, Draining draining, TimeProvider time, ILogger<Readiness> logger) : IDisposable
{
    private static readonly TimeSpan Believed = TimeSpan.FromSeconds(1);
    private static readonly ReadinessReport Going = new(false, [], true);

    private readonly SemaphoreSlim _one = new(1, 1);
    private ReadinessReport? _last;
    private long _asked;

    public bool IsDraining => draining.HasBegun;

    public async Task<ReadinessReport> CheckAsync(CancellationToken cancellationToken)
    {
        if (IsDraining)
            return Tell(Going);
        await _one.WaitAsync(cancellationToken);
        try
        {
            if (_last is null || time.GetElapsedTime(_asked) >= Believed)
            {
                // Not with the caller's token: who gives up must not spoil the answer of the others. Each part has its own timeout.
                var report = await checks.CheckHealthAsync(check => check.Tags.Contains(HealthExtensions.ReadyTag), CancellationToken.None);
                _last = Tell(ReportOf(report));
                _asked = time.GetTimestamp();
            }
            return _last;
        }
        finally
        {
            _one.Release();
        }
    }

    public void Dispose() => _one.Dispose();

    private static ReadinessReport ReportOf(HealthReport report)
    {
        foreach (var (part, entry) in report.Entries)
            ServiceMetrics.RecordPart(part, entry.Status == HealthStatus.Healthy);
        string[] away = [.. report.Entries.Where(entry => entry.Value.Status != HealthStatus.Healthy).Select(entry => entry.Key).Order(StringComparer.Ordinal)];
        return new ReadinessReport(report.Status != HealthStatus.Unhealthy, away, false);
    }

    private ReadinessReport Tell(ReadinessReport report)
    {
        ServiceMetrics.Ready.Record(report.Ready ? 1 : 0);
        ServiceMetrics.Draining.Record(report.Draining ? 1 : 0);
        if (!report.Draining && !report.Ready && (_last is null || !_last.Away.SequenceEqual(report.Away)))
            LogAway(report.Away);
        else if (report.Ready && _last is { Ready: false })
            LogBack();
        return report;
    }

    [LoggerMessage(110, LogLevel.Warning, "Not ready: {Away} do not answer")]
    private partial void LogAway(string[] away);

    [LoggerMessage(111, LogLevel.Information, "Ready again")]
    private partial void LogBack();
}
