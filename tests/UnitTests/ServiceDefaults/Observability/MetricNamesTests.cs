using System.Diagnostics.Metrics;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using ImDapr.ConnectionService.Telemetry;
using ImDapr.IntegrationTests.Stacks;
using ImDapr.MessageService.Telemetry;
using ImDapr.ServiceDefaults.Observability;
using ImDapr.UserService.Telemetry;

namespace ImDapr.UnitTests.ServiceDefaults.Observability;

/// <summary>Dashboards and alerts of others hang on these names.</summary>
public sealed partial class MetricNamesTests
{
    private static readonly string[] Suffixes = ["_bucket", "_sum", "_count"];

    [Fact]
    public void Every_metric_is_documented_and_every_documented_metric_exists()
    {
        var documented = Names().Matches(File.ReadAllText(Document())).Select(match => WithoutSuffix(match.Value)).Distinct();

        Assert.Equal(MetricNamesInCode(), documented.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_name_has_its_instrument_and_no_instrument_another_name()
    {
        var published = new List<Instrument>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, _) =>
            {
                lock (published)
                    published.Add(instrument);
            },
        };
        foreach (var instruments in new[] { typeof(ServiceMetrics), typeof(ConnectionMetrics), typeof(MessageMetrics), typeof(UserMetrics) })
            RuntimeHelpers.RunClassConstructor(instruments.TypeHandle);

        listener.Start();

        var ours = published.Where(instrument => instrument.Meter.Name.StartsWith("ImDapr.", StringComparison.Ordinal)).ToList();
        Assert.Equal(MetricNamesInCode(), ours.Select(instrument => instrument.Name).Order(StringComparer.Ordinal));
        Assert.All(ours, instrument => Assert.Equal(instrument is Counter<long>, instrument.Name.EndsWith("_total", StringComparison.Ordinal)));
        Assert.All(ours, instrument => Assert.Equal(instrument is Histogram<double>, instrument.Name.EndsWith("_seconds", StringComparison.Ordinal)));
        Assert.All(ours, instrument => Assert.Matches(@"\Aimdapr_[a-z_]+\z", instrument.Name));
    }

    private static IEnumerable<string> MetricNamesInCode() =>
        typeof(MetricNames).GetFields(BindingFlags.Public | BindingFlags.Static).Select(field => (string)field.GetRawConstantValue()!).Order(StringComparer.Ordinal);

    private static string WithoutSuffix(string name) =>
        Suffixes.FirstOrDefault(suffix => name.EndsWith(suffix, StringComparison.Ordinal)) is { } suffix ? name[..^suffix.Length] : name;

    private static string Document() => Path.Combine(Repository.Root, "docs", "operations.md");

    [GeneratedRegex("imdapr_[a-z_]+")]
    private static partial Regex Names();
}
