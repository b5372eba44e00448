using System.Globalization;
using ImDapr.LoadTests.Systems;

namespace ImDapr.LoadTests.Measuring;

/// <summary>A histogram's mean, and how many values it had.</summary>
internal sealed record Mean(double Value, double Count);

/// <summary>Sums and counts of the services' own histograms (docs/operations.md) at one moment.</summary>
internal sealed class MetricsScrape
{
    private const string Sum = "_sum", Count = "_count";

    // Sizes; times are milliseconds in the report.
    private static readonly string[] Histograms =
    [
        "imdapr_send_batch_messages", "imdapr_store_batch_messages", "imdapr_publish_batch_messages", "imdapr_fanout_batch_messages",
        "imdapr_append_batch_references", "imdapr_push_batch_entries", "imdapr_send_duration_seconds", "imdapr_store_duration_seconds",
        "imdapr_publish_duration_seconds", "imdapr_fanout_duration_seconds", "imdapr_append_duration_seconds", "imdapr_push_duration_seconds",
        "imdapr_sync_duration_seconds",
    ];

    private readonly Dictionary<string, double> _values = [];

    public static async Task<MetricsScrape> TakeAsync(LoadSystem system, CancellationToken cancellationToken)
    {
        var scrape = new MetricsScrape();
        using var http = new HttpClient();
        foreach (var service in LoadSystem.Services)
            scrape.Read(await http.GetStringAsync(new Uri(system.Management(service), "metrics"), cancellationToken));
        return scrape;
    }

    /// <summary>Means of what was recorded between an earlier scrape and this one; of durations in milliseconds.</summary>
    public IReadOnlyDictionary<string, Mean> Since(MetricsScrape earlier)
    {
        var means = new SortedDictionary<string, Mean>(StringComparer.Ordinal);
        foreach (var name in Histograms)
        {
            var count = Delta(name + Count, earlier);
            if (count > 0)
                means[NameOf(name)] = new Mean(Delta(name + Sum, earlier) / count * (IsDuration(name) ? 1_000 : 1), count);
        }
        return means;
    }

    private static bool IsDuration(string name) => name.EndsWith("_seconds", StringComparison.Ordinal);

    private static string NameOf(string name) => name["imdapr_".Length..].Replace("_seconds", "_ms", StringComparison.Ordinal);

    private double Delta(string name, MetricsScrape earlier) => _values.GetValueOrDefault(name) - earlier._values.GetValueOrDefault(name);

    // name{labels} value [timestamp]: summed over the labels.
    private void Read(string text)
    {
        foreach (var line in text.Split('\n'))
        {
            if (!line.StartsWith("imdapr_", StringComparison.Ordinal))
                continue;
            var name = line[..line.IndexOfAny(['{', ' '])];
            if (!name.EndsWith(Sum, StringComparison.Ordinal) && !name.EndsWith(Count, StringComparison.Ordinal))
                continue;
            var value = line[(line.IndexOf('}', StringComparison.Ordinal) is >= 0 and var end ? end + 1 : name.Length)..].Trim().Split(' ')[0];
            _values[name] = _values.GetValueOrDefault(name) + double.Parse(value, CultureInfo.InvariantCulture);
        }
    }
}
