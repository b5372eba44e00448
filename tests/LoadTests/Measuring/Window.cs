using System.Diagnostics;
using ImDapr.LoadTests.Clients;
using ImDapr.LoadTests.Systems;
using ImDapr.StorageCosts;

namespace ImDapr.LoadTests.Measuring;

/// <summary>What one process used while it was measured.</summary>
internal sealed record ProcessCost(double CpuSeconds, double ResidentMegabytes, double ResidentGrowthMegabytes);

/// <summary>One second of the measurement.</summary>
internal sealed record Second(double Acknowledged, double Delivered, double P50, double P99);

/// <summary>What was measured between a begin and an end.</summary>
internal sealed record WindowResult(
    double Seconds,
    long Acknowledged,
    long Delivered,
    long Cursors,
    long Receipts,
    LatencySummary EndToEnd,
    LatencySummary Answer,
    double LongestPauseMilliseconds,
    IReadOnlyDictionary<string, ProcessCost> Processes,
    IReadOnlyDictionary<string, Mean> Means,
    Operations StoreOperations,
    IReadOnlyDictionary<string, double> CompilingSeconds,
    IReadOnlyList<Second> Series);

/// <summary>Measures the crowd and the processes from its start to its end, and says every second how it goes.</summary>
internal sealed class Window
{
    private readonly Crowd _crowd;
    private readonly Processes _processes;
    private readonly LoadSystem _system;
    private readonly IReadOnlyDictionary<string, ProcessUsage> _usage;
    private readonly StoreCounters _stores;
    private readonly Task<(MetricsScrape Metrics, Operations Operations)> _before;
    private readonly long _start = Stopwatch.GetTimestamp();
    private readonly long _acknowledged;
    private readonly long _delivered;
    private readonly long _cursors;
    private readonly long _receipts;
    private readonly IDisposable _timer;
    private readonly List<Second> _series = [];
    private IReadOnlyDictionary<string, ProcessUsage> _lastUsage;
    private long _lastTime;
    private long _lastAcknowledged;
    private long _lastDelivered;

    private Window(
        LoadSystem system, StoreCounters stores, Crowd crowd, Processes processes, Task<(MetricsScrape Metrics, Operations Operations)> before, bool isTimed)
    {
        (_system, _stores, _crowd, _processes, _before) = (system, stores, crowd, processes, before);
        _lastUsage = _usage = processes.Usage();
        _lastTime = _start;
        _lastAcknowledged = _acknowledged = crowd.Tally.Acknowledged;
        _lastDelivered = _delivered = crowd.Tally.Delivered;
        (_cursors, _receipts) = (crowd.Tally.Cursors, crowd.Tally.Receipts);
        if (isTimed)
            crowd.Tally.Begin();
        _timer = crowd.Loop.Every(TimeSpan.FromSeconds(1), Tick);
    }

    /// <summary>In the middle of a load: services and stores are asked beside it, because the loop must not wait for them.</summary>
    public static Window Begin(LoadSystem system, StoreCounters stores, Crowd crowd, Processes processes, CancellationToken cancellationToken) =>
        new(system, stores, crowd, processes, Task.Run(() => AskAsync(system, stores, cancellationToken), cancellationToken), isTimed: true);

    /// <summary>Before a load that begins with it, and whose messages were sent long ago.</summary>
    public static async Task<Window> BeginUntimedAsync(LoadSystem system, StoreCounters stores, Crowd crowd, Processes processes, CancellationToken cancellationToken)
    {
        var before = await AskAsync(system, stores, cancellationToken);
        return new Window(system, stores, crowd, processes, Task.FromResult(before), isTimed: false);
    }

    public async Task<WindowResult> EndAsync(CancellationToken cancellationToken)
    {
        _timer.Dispose();
        var seconds = Stopwatch.GetElapsedTime(_start).TotalSeconds;
        var usage = _processes.Usage();
        var tally = _crowd.Tally;
        var (endToEnd, answer) = tally.IsMeasuring ? (tally.EndToEnd.Summary(), tally.Answer.Summary()) : (LatencySummary.None, LatencySummary.None);
        tally.End();
        var result = new WindowResult(
            seconds, tally.Acknowledged - _acknowledged, tally.Delivered - _delivered, tally.Cursors - _cursors, tally.Receipts - _receipts,
            endToEnd, answer, tally.LongestPause * 1_000.0 / Stopwatch.Frequency,
            usage.ToDictionary(process => process.Key, process => CostOf(_usage[process.Key], process.Value)), new Dictionary<string, Mean>(), default, new Dictionary<string, double>(), _series);
        var before = await _before;
        var after = await AskAsync(_system, _stores, cancellationToken);
        return result with
        {
            Means = after.Metrics.Since(before.Metrics),
            StoreOperations = after.Operations - before.Operations,
            CompilingSeconds = after.Metrics.CompilingSince(before.Metrics),
        };
    }

    /// <summary>What services and stores count.</summary>
    public static async Task<(MetricsScrape Metrics, Operations Operations)> AskAsync(LoadSystem system, StoreCounters stores, CancellationToken cancellationToken) =>
        (await MetricsScrape.TakeAsync(system, cancellationToken), await stores.OperationsAsync());

    private static ProcessCost CostOf(ProcessUsage before, ProcessUsage after) => new(
        after.CpuSeconds - before.CpuSeconds, after.ResidentBytes / 1048576.0, (after.ResidentBytes - before.ResidentBytes) / 1048576.0);

    private void Tick(long now)
    {
        var tally = _crowd.Tally;
        var seconds = Stopwatch.GetElapsedTime(_lastTime, now).TotalSeconds;
        var second = new Second(
            (tally.Acknowledged - _lastAcknowledged) / seconds, (tally.Delivered - _lastDelivered) / seconds, tally.Recent.Percentile(50), tally.Recent.Percentile(99));
        _series.Add(second);
        var usage = _processes.Usage();
        var shares = usage.Select(process => $"{process.Key} {(process.Value.CpuSeconds - _lastUsage[process.Key].CpuSeconds) / seconds:P0}");
        Progress.Say($"{second.Acknowledged,6:0} acknowledged/s {second.Delivered,7:0} delivered/s  p50 {second.P50:0.0} p99 {second.P99:0.0} ms  pending {_crowd.Pending}  | {string.Join(", ", shares)}");
        (_lastTime, _lastUsage, _lastAcknowledged, _lastDelivered) = (now, usage, tally.Acknowledged, tally.Delivered);
        tally.Recent.Reset();
    }
}

/// <summary>What happens, on the error stream, so that the report alone is on the other.</summary>
internal static class Progress
{
    private static readonly Stopwatch Clock = Stopwatch.StartNew();

    public static void Say(string text) => Console.Error.WriteLine($"[{Clock.Elapsed:mm\\:ss}] {text}");
}
