using ImDapr.KubernetesTests.Rendering;

namespace ImDapr.KubernetesTests.Rules;

/// <summary>What makes an overlay the one for a laptop or the one for production.</summary>
public sealed class OverlayTests
{
    private static readonly string[] Workloads = ["Deployment", "StatefulSet", "Job"];

    // A sidecar reads its components once, when it starts, and a pod without its service account or secrets does not start.
    private static readonly string[] BeforeThem =
        ["Namespace", "ServiceAccount", "Secret", "ConfigMap", "NetworkPolicy", "Configuration", "Component", "Resiliency", "Subscription"];

    [Fact]
    public void Pods_are_made_after_what_they_need() => Rule.Holds(
        Clusters.OfOverlays,
        overlay => overlay.Objects.SkipWhile(one => !Workloads.Contains(one.Kind)).Where(one => BeforeThem.Contains(one.Kind))
            .Select(one => $"{one.Kind} {one.Name} comes after a workload"));

    [Fact]
    public void The_namespace_is_made_first() =>
        Rule.Holds(Clusters.OfOverlays, overlay => overlay.Objects[0].Kind == "Namespace", "begins with something else");

    [Fact]
    public void A_laptop_runs_one_of_each() =>
        Assert.DoesNotContain(Clusters.Named("dev").Objects, one => one.Kind is "HorizontalPodAutoscaler" or "PodDisruptionBudget");

    [Fact]
    public void A_laptop_has_stores_of_its_own() =>
        Assert.Equal(["mysql", "redis"], Clusters.Named("dev").OfKind("StatefulSet").Select(one => one.Name).Order(StringComparer.Ordinal));

    [Fact]
    public void Production_brings_no_stores() => Assert.Empty(Clusters.Named("prod").OfKind("StatefulSet"));

    [Fact]
    public void Production_talks_to_redis_over_tls() => Rule.Holds(
        Clusters.Named("prod").OfKind("Component").Where(one => one.Spec!["type"].Text().EndsWith(".redis", StringComparison.Ordinal)),
        one => one.Spec!["metadata"].Items().Any(item => item["name"].Text() == "enableTLS" && item["value"].Text() == "true"), "has no enableTLS");

    [Fact]
    public void Production_has_its_backplane_over_tls() =>
        Assert.Equal("true", Clusters.Named("prod").Workloads.Single(workload => workload.Name == "connection-service").Variable("IMDAPR_REDIS_TLS"));

    // Who has to migrate a large table does it ahead of the new version.
    [Fact]
    public void Production_migrates_ahead() => Assert.Equal(
        ["message-service-migrations", "user-service-migrations"],
        Clusters.Named("prod").Workloads.Where(workload => workload.App.Args?.Contains("--migrate") == true).Select(workload => workload.Name)
            .Order(StringComparer.Ordinal));
}
