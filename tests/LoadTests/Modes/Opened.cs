using System.Diagnostics;
using ImDapr.LoadTests.Clients;
using ImDapr.LoadTests.Measuring;

namespace ImDapr.LoadTests.Modes;

/// <summary>What it took to open connections, and what they hold.</summary>
/// <param name="Connections">That were measured.</param>
/// <param name="Seconds">Until all of them had synced.</param>
/// <param name="ToFirstSync">From the start of a connect to its first answered Sync.</param>
/// <param name="CpuSeconds">Of each process, while they were opened.</param>
/// <param name="Bytes">By which each process had grown some seconds later.</param>
internal sealed record Opened(
    int Connections, double Seconds, LatencySummary ToFirstSync, IReadOnlyDictionary<string, double> CpuSeconds, IReadOnlyDictionary<string, double> Bytes)
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(10);

    public double PerSecond => Connections / Seconds;

    /// <summary>Kibibytes that all servers have grown by, for each connection.</summary>
    public double KibibytesEach => Bytes.Where(process => process.Key != Processes.Generator).Sum(process => process.Value) / 1024 / Connections;

    /// <summary>Opens all devices of a crowd.</summary>
    /// <exception cref="TimeoutException">Some could not connect.</exception>
    public static Opened Run(EventLoop loop, Crowd crowd, Processes processes, ConnectionsOptions options, CancellationToken cancellationToken)
    {
        crowd.MostOpening = options.Opening;
        Open(loop, crowd, crowd.Devices[..options.First], cancellationToken);
        loop.RunFor(Rest, cancellationToken);
        var time = new Latency();
        crowd.Connected = time.Record;
        var (before, start) = (processes.Usage(), Stopwatch.GetTimestamp());
        Open(loop, crowd, crowd.Devices[options.First..], cancellationToken);
        var (seconds, opened) = (Stopwatch.GetElapsedTime(start).TotalSeconds, processes.Usage());
        crowd.Connected = null;
        loop.RunFor(Rest, cancellationToken);
        var after = processes.Usage();
        return new Opened(
            options.Measured, seconds, time.Summary(),
            opened.ToDictionary(process => process.Key, process => process.Value.CpuSeconds - before[process.Key].CpuSeconds),
            after.ToDictionary(process => process.Key, process => (double)process.Value.ResidentBytes - before[process.Key].ResidentBytes));
    }

    /// <summary>As figures of a report.</summary>
    public void AddTo(Dictionary<string, double> figures, string prefix)
    {
        figures[$"{prefix}connects/s"] = PerSecond;
        figures[$"{prefix}to first sync, p50 ms"] = ToFirstSync.P50;
        figures[$"{prefix}to first sync, p99 ms"] = ToFirstSync.P99;
        foreach (var (process, cpu) in CpuSeconds)
            figures[$"{prefix}CPU ms per connect, {process}"] = cpu * 1_000 / Connections;
        figures[$"{prefix}CPU ms per connect, all servers"] = CpuSeconds.Where(process => process.Key != Processes.Generator).Sum(process => process.Value) * 1_000 / Connections;
        foreach (var (process, bytes) in Bytes)
            figures[$"{prefix}RSS KiB per connection, {process}"] = bytes / 1024 / Connections;
        figures[$"{prefix}RSS KiB per connection, all servers"] = KibibytesEach;
    }

    private static void Open(EventLoop loop, Crowd crowd, List<Device> devices, CancellationToken cancellationToken)
    {
        var before = crowd.Live;
        using var progress = loop.Every(TimeSpan.FromSeconds(2), _ => Progress.Say($"{crowd.Live - before} of {devices.Count} connected"));
        crowd.Open(devices);
        if (!loop.RunUntil(() => crowd.Live - before >= devices.Count, Limit, cancellationToken))
            throw new TimeoutException($"Only {crowd.Live - before} of {devices.Count} clients could connect: {string.Join("; ", crowd.ReasonsOfLoss)}");
    }
}
