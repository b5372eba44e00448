using System.Diagnostics;
using HdrHistogram;

namespace ImDapr.Benchmarks;

/// <summary>What one measurement came to; latencies in microseconds.</summary>
internal sealed record Measurement(double PerSecond, double P50, double P95, double P99, double SidecarCpu);

/// <summary>A closed loop: so many callers, each calling again as soon as it was answered.</summary>
internal static class Load
{
    public static async Task<Measurement> RunAsync(Func<int, CancellationToken, Task> call, int inFlight, Plan plan, Func<double> cpuSeconds, CancellationToken cancellationToken)
    {
        await LoopAsync(call, inFlight, plan.WarmUp, null, cancellationToken);
        var histogram = new LongConcurrentHistogram(1, 60_000_000, 3);
        var (cpu, start) = (cpuSeconds(), Stopwatch.GetTimestamp());
        await LoopAsync(call, inFlight, plan.Duration, histogram, cancellationToken);
        var (seconds, count) = (Stopwatch.GetElapsedTime(start).TotalSeconds, histogram.TotalCount);
        return new Measurement(
            count / seconds, histogram.GetValueAtPercentile(50), histogram.GetValueAtPercentile(95), histogram.GetValueAtPercentile(99),
            (cpuSeconds() - cpu) * 1_000_000 / Math.Max(1, count));
    }

    private static Task LoopAsync(
        Func<int, CancellationToken, Task> call, int inFlight, TimeSpan duration, LongConcurrentHistogram? histogram, CancellationToken cancellationToken)
    {
        var end = Stopwatch.GetTimestamp() + (long)(duration.TotalSeconds * Stopwatch.Frequency);
        return Task.WhenAll(Enumerable.Range(0, inFlight).Select(caller => Task.Run(
            async () =>
            {
                do
                {
                    var start = Stopwatch.GetTimestamp();
                    await call(caller, cancellationToken);
                    histogram?.RecordValue(Math.Max(1, (long)Stopwatch.GetElapsedTime(start).TotalMicroseconds));
                }
                while (Stopwatch.GetTimestamp() < end);
            }, cancellationToken)));
    }
}
