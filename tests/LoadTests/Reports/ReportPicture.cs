using ImDapr.LoadTests.Measuring;
using ScottPlot;

namespace ImDapr.LoadTests.Reports;

/// <summary>Latencies, throughput over time and CPU by process, one above the other.</summary>
internal static class ReportPicture
{
    private const int Width = 1_000, Height = 1_200;

    public static void Write(WindowResult window, string title, string path)
    {
        var picture = new Multiplot();
        picture.AddPlots(3);
        Latencies(picture.GetPlot(0), window, title);
        Throughput(picture.GetPlot(1), window);
        Cpu(picture.GetPlot(2), window);
        picture.SavePng(path, Width, Height);
    }

    private static void Latencies(Plot plot, WindowResult window, string title)
    {
        string[] names = ["p50", "p95", "p99", "p99.9", "max"];
        var x = Enumerable.Range(0, names.Length).Select(i => (double)i).ToArray();
        plot.Add.Scatter(x, Values(window.EndToEnd)).LegendText = "end to end";
        plot.Add.Scatter(x, Values(window.Answer)).LegendText = "acknowledgement";
        plot.Axes.Bottom.SetTicks(x, names);
        plot.Axes.SetLimitsY(0, Math.Max(1, Math.Max(window.EndToEnd.Max, window.Answer.Max) * 1.1));
        plot.Title($"{title}: latency");
        plot.YLabel("ms");
        plot.ShowLegend(Alignment.UpperLeft);
    }

    private static double[] Values(LatencySummary latency) => [latency.P50, latency.P95, latency.P99, latency.P999, latency.Max];

    private static void Throughput(Plot plot, WindowResult window)
    {
        var x = Enumerable.Range(1, window.Series.Count).Select(i => (double)i).ToArray();
        plot.Add.Scatter(x, window.Series.Select(second => second.Delivered).ToArray()).LegendText = "delivered";
        plot.Add.Scatter(x, window.Series.Select(second => second.Acknowledged).ToArray()).LegendText = "acknowledged";
        plot.Axes.SetLimitsY(0, Math.Max(1, window.Series.Select(second => Math.Max(second.Delivered, second.Acknowledged)).DefaultIfEmpty().Max() * 1.1));
        plot.Title("throughput");
        plot.XLabel("second");
        plot.YLabel("messages/s");
        plot.ShowLegend(Alignment.LowerRight);
    }

    private static void Cpu(Plot plot, WindowResult window)
    {
        var processes = window.Processes.ToArray();
        var x = Enumerable.Range(0, processes.Length).Select(i => (double)i).ToArray();
        plot.Add.Bars(x, processes.Select(process => process.Value.CpuSeconds / window.Seconds * 100).ToArray());
        plot.Axes.Bottom.SetTicks(x, processes.Select(process => process.Key).ToArray());
        plot.Axes.Margins(bottom: 0);
        plot.Title("CPU");
        plot.YLabel("% of a core");
    }
}
