using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace ImDapr.ServiceDefaults.Observability;

/// <summary>How histograms of ImDapr are cut, so that all of them can be laid over each other.</summary>
public static class Instruments
{
    // A hop is a millisecond or two; every timeout on the way of a message is at most ten seconds.
    private static readonly InstrumentAdvice<double> Latency =
        new() { HistogramBucketBoundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] };

    private static readonly InstrumentAdvice<int> Size = new() { HistogramBucketBoundaries = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000] };

    /// <summary>A histogram of seconds.</summary>
    public static Histogram<double> CreateLatency(this Meter meter, string name, string description) =>
        meter.CreateHistogram(name, unit: null, description, tags: null, Latency);

    /// <summary>A histogram of how many things went together.</summary>
    public static Histogram<int> CreateSize(this Meter meter, string name, string description) =>
        meter.CreateHistogram(name, unit: null, description, tags: null, Size);

    /// <param name="histogram">Where it is counted.</param>
    /// <param name="start">From <see cref="Stopwatch.GetTimestamp"/>.</param>
    public static void RecordSince(this Histogram<double> histogram, long start) =>
        histogram.Record(Stopwatch.GetElapsedTime(start).TotalSeconds);
}
