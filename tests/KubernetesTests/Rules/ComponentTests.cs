using System.Text.Json.Nodes;
using ImDapr.KubernetesTests.Rendering;
using ImDapr.KubernetesTests.Services;

namespace ImDapr.KubernetesTests.Rules;

/// <summary>Dapr's components: the ones of a local run, with the cluster's secrets and scopes.</summary>
public sealed class ComponentTests
{
    // What k8s/ adds to a component, each by a patch.
    private static readonly string[] Added = ["redisUsername", "redisPassword", "enableTLS"];

    private static readonly Dictionary<string, JsonNode> Local = Sources.Below("components", ".yaml")
        .Where(file => Path.GetDirectoryName(file.Key) == "components").Select(file => Yaml.Document(file.Value))
        .ToDictionary(node => node["metadata"]!["name"].Text());

    private static IEnumerable<Manifest> Components => Clusters.Objects.Where(one => one.Kind == "Component");

    [Fact]
    public void A_cluster_has_the_components_and_policies_of_a_local_run() => Rule.Holds(
        Clusters.All,
        cluster => Local.Keys.Except(cluster.Objects.Where(one => one.Kind is "Component" or "Resiliency").Select(one => one.Name))
            .Select(name => $"{name} is missing"));

    [Fact]
    public void Every_component_is_scoped_to_apps_that_exist() => Rule.Holds(
        Clusters.All,
        cluster => cluster.OfKind("Component").SelectMany(one => one.Json["scopes"].Texts().DefaultIfEmpty("nobody").Except(AppIdsIn(cluster))
            .Select(scope => $"{one.Name} is scoped to {scope}")));

    [Fact]
    public void Who_subscribes_has_the_component() => Rule.Holds(
        Clusters.All.SelectMany(cluster => ServiceApp.All.SelectMany(app => app.Subscriptions).Select(subscription => (cluster, subscription))),
        pair => pair.cluster.Find("Component", pair.subscription.PubSub)!.Json["scopes"].Texts().Contains(pair.subscription.AppId),
        "is out of the component's scope");

    // The injector hands a sidecar no variables that its component could name, but for those of dapr.io/env.
    [Fact]
    public void No_component_reads_a_variable() =>
        Rule.Holds(Components, one => one.Json.ToJsonString().Contains("envRef", StringComparison.Ordinal) ? ["has an envRef"] : []);

    [Fact]
    public void What_a_local_run_reads_from_variables_comes_from_secrets() => Rule.Holds(
        Components,
        one => MetadataOf(LocalOf(one)).Where(item => item["envRef"] is not null)
            .Where(item => MetadataOf(one.Json).Count(given => given["name"].Text() == item["name"].Text() && given["secretKeyRef"] is not null) != 1)
            .Select(item => $"{item["name"]} is not from a secret"));

    [Fact]
    public void All_else_of_a_component_is_as_in_a_local_run() => Rule.Holds(
        Components, one => JsonNode.DeepEquals(Shared(one.Json), Shared(LocalOf(one))), one => $"{Shared(one.Json)} instead of {Shared(LocalOf(one))}");

    [Fact]
    public void Resiliency_is_that_of_a_local_run() => Rule.Holds(
        Clusters.All.SelectMany(cluster => cluster.OfKind("Resiliency").Select(one => (one, local: LocalOf(one, cluster)))),
        pair => JsonNode.DeepEquals(pair.one.Spec, pair.local), "differs from components/");

    // A further database is as the first one: entities-2 as entities.
    private static JsonNode LocalOf(Manifest component) => Local[component.Name.Split('-')[0]];

    private static JsonNode LocalOf(Manifest resiliency, Cluster cluster)
    {
        var spec = Local[resiliency.Name]["spec"]!.DeepClone();
        var targets = spec["targets"]!["components"]!.AsObject();
        foreach (var further in cluster.OfKind("Component").Where(one => !Local.ContainsKey(one.Name)))
            targets[further.Name] = targets[LocalOf(further)["metadata"]!["name"].Text()]!.DeepClone();
        return spec;
    }

    private static JsonObject Shared(JsonNode component)
    {
        var shared = component["spec"]!.DeepClone().AsObject();
        var own = MetadataOf(component).Where(item => item["envRef"] is null && item["secretKeyRef"] is null && !Added.Contains(item["name"].Text()));
        shared["metadata"] = new JsonArray([.. own.Select(item => item.DeepClone())]);
        return shared;
    }

    private static IEnumerable<JsonNode> MetadataOf(JsonNode component) => component["spec"]!["metadata"].Items();

    private static IEnumerable<string> AppIdsIn(Cluster cluster) => cluster.Workloads.Where(workload => workload.HasSidecar)
        .Select(workload => workload.Annotations["dapr.io/app-id"]);
}
