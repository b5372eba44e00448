using System.Reflection;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using ImDapr.KubernetesTests.Rendering;
using ImDapr.ServiceDefaults.Observability;
using k8s.Models;

namespace ImDapr.KubernetesTests.Rules;

/// <summary>Alerts are those of docs/operations.md, and what is looked at exists.</summary>
public sealed partial class MonitoringTests
{
    // kubectl apply keeps an object in an annotation of itself, which may not be larger.
    private const int MostBytes = 262_144;

    private static readonly string[] Suffixes = ["_bucket", "_sum", "_count"];

    private static readonly HashSet<string> Metrics = [.. typeof(MetricNames).GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(field => (string)field.GetRawConstantValue()!)];

    private static readonly Cluster Prod = Clusters.Named("prod");

    private static readonly Dictionary<string, JsonNode> Dashboards = DashboardMaps.SelectMany(map => map.Model.Data)
        .ToDictionary(file => file.Key, file => JsonNode.Parse(file.Value)!);

    private static IEnumerable<Applied<V1ConfigMap>> DashboardMaps =>
        Prod.Of<V1ConfigMap>().Where(map => map.Model.Data.Keys.All(file => file.EndsWith(".json", StringComparison.Ordinal)));

    private static IEnumerable<JsonNode> Rules => Prod.OfKind("PrometheusRule").SelectMany(one => one.Spec!["groups"].Items())
        .SelectMany(group => group["rules"].Items());

    [Fact]
    public void Alerts_are_those_of_the_operations_guide() => Assert.Equal(
        Sources.Rows(Sources.Read("docs", "operations.md"), "alert").Select(Alert.Documented),
        Rules.Select(Alert.Deployed));

    [Fact]
    public void Every_metric_that_is_looked_at_exists() => Rule.Holds(
        Expressions(), expression => MetricsIn(expression).Except(Metrics).Select(name => $"nobody measures {name}"));

    [Fact]
    public void Every_metric_is_looked_at() => Assert.Empty(Metrics.Except(Expressions().SelectMany(MetricsIn)).Order(StringComparer.Ordinal));

    [Fact]
    public void Every_panel_has_an_expression()
    {
        var panels = Dashboards.Values.SelectMany(dashboard => dashboard["panels"].Items()).Where(panel => panel["type"].Text() != "row").ToList();

        Assert.NotEmpty(panels);
        Assert.Empty(panels.Where(panel => !ExpressionsOf(panel).Any() || ExpressionsOf(panel).Any(string.IsNullOrEmpty)).Select(panel => panel["title"].Text()));
    }

    [Fact]
    public void Dashboards_have_an_address_of_their_own() => Assert.Equal(
        Dashboards.Keys.Select(file => Path.GetFileNameWithoutExtension(file)).Order(StringComparer.Ordinal),
            Dashboards.Values.Select(dashboard => dashboard["uid"].Text()).Order(StringComparer.Ordinal));

    [Fact]
    public void Every_dashboard_is_deployed() => Assert.Equal(
        Sources.Below("k8s/monitoring/dashboards", ".json").Keys.Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal),
            Dashboards.Keys.Order(StringComparer.Ordinal));

    [Fact]
    public void Grafana_finds_them() =>
        Rule.Holds(DashboardMaps, map => map.Model.Metadata.Labels["grafana_dashboard"] == "1", "has not the label that Grafana looks for");

    [Fact]
    public void They_can_be_applied() =>
        Rule.Holds(DashboardMaps, map => map.Manifest.Json.ToJsonString().Length < MostBytes, "is too large for kubectl apply");

    private static IEnumerable<string?> ExpressionsOf(JsonNode panel) => panel["targets"].Items().Select(target => target["expr"]?.Text());

    private static IEnumerable<string> Expressions() =>
        Rules.Select(rule => rule["expr"].Text()).Concat(Dashboards.Values.SelectMany(dashboard => dashboard.Descendants())
            .SelectMany(node => node.Fields()).Where(field => field.Key is "expr" or "definition").Select(field => field.Value.Text()));

    private static IEnumerable<string> MetricsIn(string expression) => Names().Matches(expression).Select(match => Whole(match.Value)).Distinct();

    // A histogram is shown as three.
    private static string Whole(string name) =>
        Suffixes.FirstOrDefault(suffix => name.EndsWith(suffix, StringComparison.Ordinal) && Metrics.Contains(name[..^suffix.Length])) is { } suffix
            ? name[..^suffix.Length] : name;

    [GeneratedRegex("imdapr_[a-z_]+")]
    private static partial Regex Names();

    /// <param name="Severity">page or ticket.</param>
    private sealed partial record Alert(string Name, string Severity, string For, string Expression, string Description)
    {
        public static Alert Deployed(JsonNode rule) =>
            new(rule["alert"].Text(), rule["labels"]!["severity"].Text(), rule["for"].Text(), rule["expr"].Text(), rule["annotations"]!["description"].Text());

        /// <summary>Five minutes where the guide says nothing else.</summary>
        public static Alert Documented(string[] row)
        {
            var head = Head().Match(row[0]);
            var wait = head.Groups["minutes"] is { Success: true, Value: var minutes } ? $"{minutes}m" : "5m";
            return new(head.Groups["name"].Value, head.Groups["severity"].Value, wait, row[1].Trim('`'), row[2]);
        }

        [GeneratedRegex(@"\A(?<name>\w+) \((?<severity>\w+)(, (?<minutes>[0-9]+) min)?\)\z")]
        private static partial Regex Head();
    }
}
