using System.Globalization;
using System.Text;
using ImDapr.LoadTests.Measuring;

namespace ImDapr.LoadTests.Reports;

/// <summary>A report as a table of plain text.</summary>
internal static class ReportText
{
    public static string Of(LoadReport report)
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"== {report.Name} ({report.At:yyyy-MM-dd HH:mm:ss})");
        Pairs(text, report.Settings.Concat(report.Environment));
        foreach (var (name, value) in report.Figures)
            Line(text, name, $"{value:0.###}");
        if (report.Window is { } window)
            Window(text, report, window);
        if (report.Outcome is { } outcome)
        {
            Line(text, "messages", $"{outcome.Sent} sent, {outcome.Acknowledged} acknowledged, {outcome.Delivered} delivered, all of them after {outcome.SettledAfterSeconds:0.0} s");
            Line(text, outcome.IsClean ? "CLEAN" : "BROKEN", $"{outcome}");
        }
        return text.ToString();
    }

    private static void Window(StringBuilder text, LoadReport report, WindowResult window)
    {
        Line(text, "measured", $"{window.Seconds:0.0} s, {window.Acknowledged} acknowledged, {window.Delivered} delivered, {window.Cursors} cursors, {window.Receipts} receipts");
        if (window.Delivered > 0)
            Messages(text, report, window);
        Line(text, "stores", $"{window.StoreOperations.MySql:0} SQL statements, {window.StoreOperations.Redis:0} Redis commands; {(window.Acknowledged == 0 ? "" : $"for an acknowledged message {report.SqlPerMessage:0.00} and {report.RedisPerMessage:0.00}")}");
        Line(text, "compiling", string.Join(", ", window.CompilingSeconds.Select(service => $"{service.Key} {service.Value:0.0} s")));
        text.AppendLine();
        text.AppendLine("process               CPU s   % of a core   CPU ms per 1,000 delivered   RSS MiB   growth MiB");
        foreach (var (name, cost) in window.Processes)
            text.AppendLine(CultureInfo.InvariantCulture,
                $"{name,-20} {cost.CpuSeconds,6:0.00}   {cost.CpuSeconds / window.Seconds * 100,11:0.0}   {PerThousand(cost.CpuSeconds, window),26}   {cost.ResidentMegabytes,7:0}   {cost.ResidentGrowthMegabytes,10:0.0}");
        var servers = window.Processes.Where(LoadReport.IsServer).Select(process => process.Value).ToArray();
        var cpu = servers.Sum(cost => cost.CpuSeconds);
        text.AppendLine(CultureInfo.InvariantCulture,
            $"{"all servers",-20} {cpu,6:0.00}   {cpu / window.Seconds * 100,11:0.0}   {PerThousand(cpu, window),26}   {servers.Sum(cost => cost.ResidentMegabytes),7:0}   {servers.Sum(cost => cost.ResidentGrowthMegabytes),10:0.0}");
        text.AppendLine();
        text.AppendLine("services' own histograms              mean        count");
        foreach (var (name, mean) in window.Means)
            text.AppendLine(CultureInfo.InvariantCulture, $"{name,-32} {mean.Value,9:0.00} {mean.Count,12:0}");
        text.AppendLine();
    }

    private static string PerThousand(double cpuSeconds, WindowResult window) =>
        window.Delivered == 0 ? "" : (cpuSeconds * 1e6 / window.Delivered).ToString("0.0", CultureInfo.InvariantCulture);

    private static void Messages(StringBuilder text, LoadReport report, WindowResult window)
    {
        if (window.Acknowledged > 0)
            Line(text, "acknowledged/s", $"{report.AcknowledgedPerSecond:0}");
        Line(text, "delivered/s", $"{report.DeliveredPerSecond:0}");
        if (window.EndToEnd.Count > 0)
            Line(text, "end to end, ms", Latency(window.EndToEnd));
        if (window.Answer.Count > 0)
            Line(text, "acknowledgement, ms", Latency(window.Answer));
        if (window.EndToEnd.Count > 0)
            Line(text, "generator's pause", $"{window.LongestPauseMilliseconds:0} ms at most");
        Line(text, "CPU ms per delivery", $"{report.ServerCpuPerDelivery:0.000} of all servers; {report.GeneratorCpuPerDelivery:0.000} of the generator");
    }

    private static string Latency(LatencySummary latency) =>
        string.Create(CultureInfo.InvariantCulture, $"p50 {latency.P50:0.0}  p95 {latency.P95:0.0}  p99 {latency.P99:0.0}  p99.9 {latency.P999:0.0}  max {latency.Max:0.0}  ({latency.Count})");

    private static void Pairs(StringBuilder text, IEnumerable<KeyValuePair<string, string>> pairs)
    {
        foreach (var (name, value) in pairs)
            Line(text, name, value);
    }

    private static void Line(StringBuilder text, string name, string value) => text.AppendLine(CultureInfo.InvariantCulture, $"{name,-20} {value}");
}
