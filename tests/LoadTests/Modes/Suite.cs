using System.Globalization;
using System.Text;
using ImDapr.LoadTests.Clients;
using ImDapr.LoadTests.Measuring;
using ImDapr.LoadTests.Reports;

namespace ImDapr.LoadTests.Modes;

/// <summary>One line of the table.</summary>
/// <param name="Name">What has to be reached.</param>
/// <param name="Wanted">The number that is wanted, in words.</param>
/// <param name="Measured">The median.</param>
/// <param name="IsMet">Null where there is nothing to reach.</param>
internal sealed record TargetLine(string Name, string Wanted, string Measured, bool? IsMet);

/// <summary>Every target of the issue, one after the other, each some times on a system of its own; medians count.</summary>
internal sealed class Suite(int repeat, string only, CancellationToken cancellationToken)
{
    private const int Pace = 20; // messages/s in both timelines, so that batches do not differ
    // Until the compilers of three services and LocalDapr are done, on two cores.
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan Time = TimeSpan.FromSeconds(20);
    private static readonly ClientOptions Clients = new();
    private readonly List<TargetLine> _lines = [];

    /// <summary>Whether every run was clean.</summary>
    public bool IsClean { get; private set; } = true;

    public async Task<IReadOnlyList<TargetLine>> RunAsync()
    {
        if (IsWanted("direct"))
        {
            var most = await DirectAsync();
            await PacedAsync(most);
            await ManyUsersAsync(most);
        }
        if (IsWanted("group"))
            await GroupAsync();
        if (IsWanted("timelines"))
            await TimelinesAsync();
        if (IsWanted("offline"))
            await OfflineAsync();
        if (IsWanted("idle"))
            await IdleAsync();
        return _lines;
    }

    /// <summary>The table of all targets.</summary>
    public static string Table(IReadOnlyList<TargetLine> lines)
    {
        var text = new StringBuilder().AppendLine("| target | wanted | measured | met |").AppendLine("| --- | --- | ---: | --- |");
        foreach (var line in lines)
            text.AppendLine(CultureInfo.InvariantCulture, $"| {line.Name} | {line.Wanted} | {line.Measured} | {(line.IsMet switch { true => "yes", false => "no", null => "–" })} |");
        return text.ToString();
    }

    private bool IsWanted(string part) => only.Length == 0 || only == part;

    private async Task<LoadReport> DirectAsync()
    {
        var report = await MedianAsync("direct", name => DirectMode.RunAsync(name, Direct(400, null), cancellationToken), report => report.DeliveredPerSecond);
        var (perSecond, cpu) = (report.DeliveredPerSecond, report.ServerCpuPerDelivery);
        Add("direct, 400 users: delivered/s", "> 4,000", perSecond, "0", perSecond > 4_000);
        Add("direct, 400 users: delivered/s, stretch", "8,000", perSecond, "0", perSecond >= 8_000);
        Add("direct, 400 users: CPU ms of all servers per delivery", "< 0.40", cpu, "0.000", cpu < 0.40);
        Add("direct, 400 users: CPU ms per delivery, stretch", "0.20", cpu, "0.000", cpu <= 0.20);
        return report;
    }

    private async Task PacedAsync(LoadReport most)
    {
        var half = await MedianAsync(
            "direct-half", name => DirectMode.RunAsync(name, Direct(400, most.DeliveredPerSecond / 2), cancellationToken), report => report.Window!.EndToEnd.P99);
        Add("direct at half of the maximum: p99, ms", "< 50", half.Window!.EndToEnd.P99, "0.0", half.Window.EndToEnd.P99 < 50);
        var tenth = await MedianAsync(
            "direct-tenth", name => DirectMode.RunAsync(name, Direct(400, most.DeliveredPerSecond / 10), cancellationToken), report => report.Window!.EndToEnd.P50);
        Add("direct at 10 % of the maximum: p50, ms", "< 15", tenth.Window!.EndToEnd.P50, "0.0", tenth.Window.EndToEnd.P50 < 15);
    }

    private async Task ManyUsersAsync(LoadReport few)
    {
        var many = await MedianAsync("direct-4000", name => DirectMode.RunAsync(name, Direct(4_000, null), cancellationToken), report => report.ServerCpuPerDelivery);
        var share = few.ServerCpuPerDelivery / many.ServerCpuPerDelivery;
        Add("direct, 4,000 users: messages per CPU second, times those of 400", ">= 0.8", share, "0.00", share >= 0.8);
    }

    private async Task GroupAsync()
    {
        var report = await MedianAsync("group-500", name => GroupMode.RunAsync(name, Group(500, 500, 1, 5, null, false), cancellationToken), report => report.DeliveredPerSecond);
        Add("group of 500, all connected: deliveries/s", ">= 20,000", report.DeliveredPerSecond, "0", report.DeliveredPerSecond >= 20_000);
    }

    // What the stores are asked for must not depend on how many read.
    private async Task TimelinesAsync()
    {
        var small = await MedianAsync("timeline-5", name => GroupMode.RunAsync(name, Group(5, 5, 1, 5, Pace, true), cancellationToken), report => report.RedisPerMessage);
        var large = await MedianAsync("timeline-10000", name => GroupMode.RunAsync(name, Group(10_000, 500, 1, 5, Pace, true), cancellationToken), report => report.RedisPerMessage);
        Same("SQL statements", small.SqlPerMessage, large.SqlPerMessage);
        Same("Redis commands", small.RedisPerMessage, large.RedisPerMessage);
    }

    // Heartbeats and batches make no two runs equal to the last digit.
    private void Same(string what, double small, double large) =>
        _lines.Add(new TargetLine(
            $"timeline of 10,000 members: {what} per message", string.Create(CultureInfo.InvariantCulture, $"as with 5 members: {small:0.00} (+10 % or 0.2)"),
            large.ToString("0.00", CultureInfo.InvariantCulture), large <= Math.Max(small * 1.1, small + 0.2)));

    private async Task OfflineAsync()
    {
        const string figure = OfflineMode.UntilAll;
        var report = await MedianAsync(
            "offline", name => OfflineMode.RunAsync(name, new OfflineOptions(200, 1_000, 50, 16, 100, Clients), cancellationToken), report => report.Figures[figure]);
        Add("200 users come back, 1,000 messages each: s until all have all", "<= 20", report.Figures[figure], "0.0", report.Figures[figure] <= 20);
    }

    private async Task IdleAsync()
    {
        var options = new ConnectionsOptions(15_000, 64, TimeSpan.FromSeconds(30));
        var report = await MedianAsync("idle", name => IdleMode.RunAsync(name, options, cancellationToken), report => report.Figures[IdleMode.KibibytesEach]);
        Add("15,000 idle connections: RSS KiB each, all servers", "", report.Figures[IdleMode.KibibytesEach], "0.0", null);
        Add("the same with a bare SignalR hub", "", report.Figures[IdleMode.BareKibibytesEach], "0.0", null);
        Add("15,000 idle connections: CPU of all servers, % of a core", "< 10", report.Figures[IdleMode.IdleCpu], "0.0", report.Figures[IdleMode.IdleCpu] < 10);
    }

    private void Add(string name, string wanted, double measured, string format, bool? isMet) =>
        _lines.Add(new TargetLine(name, wanted, measured.ToString(format, CultureInfo.InvariantCulture), isMet));

    private async Task<LoadReport> MedianAsync(string name, Func<string, Task<LoadReport>> run, Func<LoadReport, double> key)
    {
        var reports = new List<LoadReport>();
        for (var round = 1; round <= repeat; round++)
        {
            Progress.Say($"{name}, {round} of {repeat}");
            var report = await run(Path.Combine("all", $"{name}-{round}"));
            await ReportFiles.PublishAsync(report, cancellationToken);
            IsClean &= report.IsClean;
            reports.Add(report);
        }
        return reports.OrderBy(key).ElementAt(repeat / 2);
    }

    private static DirectOptions Direct(int users, double? rate) => new(users, 1, 4, rate, 100, WarmUp, Time, Clients);

    private static GroupOptions Group(int size, int online, int groups, int senders, double? rate, bool isTimeline) =>
        new(size, groups, online, senders, 4, rate, isTimeline, 100, WarmUp, Time, Clients);
}
