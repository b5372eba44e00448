using System.Diagnostics;
using HdrHistogram;

namespace ImDapr.LoadTests.Measuring;

/// <summary>How long something took, in milliseconds.</summary>
internal sealed record LatencySummary(long Count, double P50, double P95, double P99, double P999, double Max)
{
    public static readonly LatencySummary None = new(0, 0, 0, 0, 0, 0);
}

/// <summary>Collects durations, to the microsecond, from 1 µs to 10 minutes.</summary>
internal sealed class Latency
{
    private const long LongestMicroseconds = 600_000_000;
    private readonly LongHistogram _microseconds = new(1, LongestMicroseconds, 3);

    /// <param name="ticks">In units of <see cref="Stopwatch"/>.</param>
    public void Record(long ticks) =>
        _microseconds.RecordValue(Math.Clamp((long)(ticks * 1e6 / Stopwatch.Frequency), 1, LongestMicroseconds));

    public void Reset() => _microseconds.Reset();

    public double Percentile(double percentile) => _microseconds.TotalCount == 0 ? 0 : _microseconds.GetValueAtPercentile(percentile) / 1000.0;

    public LatencySummary Summary() => _microseconds.TotalCount == 0
        ? LatencySummary.None
        : new(_microseconds.TotalCount, Percentile(50), Percentile(95), Percentile(99), Percentile(99.9), _microseconds.GetMaxValue() / 1000.0);
}
