using System.Globalization;
using ImDapr.LoadTests.Systems;

namespace ImDapr.LoadTests.Measuring;

/// <summary>A histogram's mean, and how many values it had.</summary>
internal sealed record Mean(double Value, double Count);

/// <summary>Sums and counts of the services' own histograms (docs/operations.md) at one moment.</summary>
internal sealed class MetricsScrape
{
    private const string Sum = "_sum", Count = "_count";
    private const string Compiling = "dotnet_jit_compilation_time_seconds_total";

    // Sizes; times are milliseconds in the report.
    private static readonly string[] Histograms =
    [
        "imdapr_send_batch_messages", "imdapr_store_batch_messages", "imdapr_publish_batch_messages", "imdapr_fanout_batch_messages",
        "imdapr_append_batch_references", "imdapr_push_batch_entries", "imdapr_send_duration_seconds", "imdapr_store_duration_seconds",
        "imdapr_publish_duration_seconds", "imdapr_fanout_duration_seconds", "imdapr_append_duration_seconds", "imdapr_push_duration_seconds",
        "imdapr_sync_duration_seconds",
    ];

    private readonly Dictionary<string, double> _values = [];
    private readonly Dictionary<string, double> _compiling = [];

    public static async Task<MetricsScrape> TakeAsync(LoadSystem system, CancellationToken cancellationToken)
    {
        var scrape = new MetricsScrape();
        using var http = new HttpClient();
        foreach (var service in LoadSystem.Services)
            scrape.Read(service, await http.GetStringAsync(new Uri(system.Management(service), "metrics"), cancellationToken));
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

    /// <summary>Seconds that each service has spent in its just-in-time compiler between an earlier scrape and this one: a service that still compiles is not warm.</summary>
    public IReadOnlyDictionary<string, double> CompilingSince(MetricsScrape earlier) =>
        _compiling.ToDictionary(service => service.Key, service => service.Value - earlier._compiling.GetValueOrDefault(service.Key));

    private static bool IsDuration(string name) => name.EndsWith("_seconds", StringComparison.Ordinal);

    private static string NameOf(string name) => name["imdapr_".Length..].Replace("_seconds", "_ms", StringComparison.Ordinal);

    private double Delta(string name, MetricsScrape earlier) => _values.GetValueOrDefault(name) - earlier._values.GetValueOrDefault(name);

    // name{labels} value [timestamp]: summed over the labels.
    private void Read(string service, string text)
    {
        foreach (var line in text.Split('\n'))
        {
            if (line.Length == 0 || line[0] == '#')
                continue;
            var name = line[..line.IndexOfAny(['{', ' '])];
            if (name == Compiling)
                _compiling[service] = ValueOf(line, name);
            else if (name.StartsWith("imdapr_", StringComparison.Ordinal) && (name.EndsWith(Sum, StringComparison.Ordinal) || name.EndsWith(Count, StringComparison.Ordinal)))
                _values[name] = _values.GetValueOrDefault(name) + ValueOf(line, name);
        }
    }

    private static double ValueOf(string line, string name) => double.Parse(
        line[(line.LastIndexOf('}') is >= 0 and var end ? end + 1 : name.Length)..].Trim().Split(' ')[0], CultureInfo.InvariantCulture);
}
