using System.Diagnostics.Metrics;

namespace ImDapr.ServiceDefaults.Observability;

/// <summary>Instruments that every service has.</summary>
public static class ServiceMetrics
{
    public const string MeterName = "ImDapr.ServiceDefaults";

    private static readonly Meter Meter = new(MeterName);

    public static readonly Gauge<int> Ready = Meter.CreateGauge<int>(MetricNames.Ready, description: "1: the last readiness probe succeeded");

    public static readonly Gauge<int> Draining = Meter.CreateGauge<int>(MetricNames.Draining, description: "1: this instance is going");

    private static readonly Gauge<int> PartUp = Meter.CreateGauge<int>(MetricNames.PartUp, description: "1: this part answered the last readiness probe");

    private static readonly Counter<long> Conflicts =
        Meter.CreateCounter<long>(MetricNames.StateConflicts, description: "Compare and swap that somebody else had won: read and tried again");

    public static void RecordPart(string part, bool isUp) => PartUp.Record(isUp ? 1 : 0, new KeyValuePair<string, object?>("part", part));

    /// <param name="key">Kind of the key that was written, of a handful.</param>
    public static void CountConflict(string key) => Conflicts.Add(1, new KeyValuePair<string, object?>("key", key));
}
