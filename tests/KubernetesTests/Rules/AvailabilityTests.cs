using ImDapr.KubernetesTests.Rendering;
using ImDapr.ServiceDefaults.Observability;
using k8s.Models;

namespace ImDapr.KubernetesTests.Rules;

/// <summary>A node, a zone or an upgrade takes one instance at a time, and there are enough of them.</summary>
public sealed class AvailabilityTests
{
    private static readonly string[] Topologies = ["kubernetes.io/hostname", "topology.kubernetes.io/zone"];

    private static IEnumerable<Applied<V1Deployment>> Deployments => Clusters.Of<V1Deployment>().Where(deployment => !deployment.Cluster.IsForDevelopment);

    [Fact]
    public void Every_deployment_keeps_its_pods_when_nodes_are_drained() => Rule.Holds(
        Deployments,
        deployment => deployment.Cluster.Of<V1PodDisruptionBudget>()
            .Count(budget => budget.Model.Spec.Selector.Selects(deployment.Model.Spec.Template.Metadata.Labels)) == 1, "has not one PodDisruptionBudget");

    // A budget of none would stop the drain of a node for ever, as would one that protects what does not work anyway.
    [Fact]
    public void Budgets_let_a_node_be_drained() => Rule.Holds(
        Clusters.Of<V1PodDisruptionBudget>(), budget =>
            budget.Model.Spec is { MaxUnavailable.Value: "1", MinAvailable: null, UnhealthyPodEvictionPolicy: "AlwaysAllow" }, "may stop a drain");

    [Fact]
    public void Pods_are_spread_over_nodes_and_zones() => Rule.Holds(
        Clusters.Of<V1Deployment>(),
        deployment => Topologies.Except((deployment.Model.Spec.Template.Spec.TopologySpreadConstraints ?? [])
            .Where(spread => Same(spread.LabelSelector, deployment.Model.Spec.Selector)).Select(spread => spread.TopologyKey)));

    [Fact]
    public void An_upgrade_takes_no_instance_away_before_another_is_there() => Rule.Holds(
        Clusters.Of<V1Deployment>(), deployment => deployment.Model.Spec.Strategy is { Type: "RollingUpdate", RollingUpdate.MaxUnavailable.Value: "0" },
        "loses an instance while it is upgraded");

    [Fact]
    public void Every_deployment_is_scaled_from_three_on() => Rule.Holds(
        Deployments,
        deployment => deployment.Cluster.Of<V2HorizontalPodAutoscaler>().Count(scaler => scaler.Model.Spec.ScaleTargetRef.Name == deployment.Manifest.Name
            && scaler.Model.Spec.MinReplicas >= 3 && scaler.Model.Spec.MaxReplicas > scaler.Model.Spec.MinReplicas) == 1,
        "has not one HorizontalPodAutoscaler of three and more");

    // Each apply would put it back.
    [Fact]
    public void What_is_scaled_has_no_number_of_its_own() => Rule.Holds(Deployments, deployment => deployment.Model.Spec.Replicas is null, "has replicas");

    [Fact]
    public void It_is_scaled_by_what_its_pods_have() => Rule.Holds(
        Clusters.Of<V2HorizontalPodAutoscaler>(),
        scaler => scaler.Model.Spec.Metrics.Where(metric => !IsThere(metric, scaler)).Select(metric => $"nothing has its {metric.Type}"));

    [Fact]
    public void Everything_is_scaled_by_the_cpu_of_its_app_too() => Rule.Holds(
        Clusters.Of<V2HorizontalPodAutoscaler>(), scaler =>
            scaler.Model.Spec.Metrics.Any(metric => metric.ContainerResource is { Name: "cpu", Container: "app" }), "has no CPU to fall back on");

    private static bool IsThere(V2MetricSpec metric, Applied<V2HorizontalPodAutoscaler> scaler) => metric.Type switch
    {
        "ContainerResource" => scaler.Cluster.Workloads.Single(workload => workload.Name == scaler.Model.Spec.ScaleTargetRef.Name)
            .Containers.Any(one => one.Name == metric.ContainerResource.Container),
        "Pods" => metric.Pods.Metric.Name == MetricNames.Connections,
        _ => false,
    };

    private static bool Same(V1LabelSelector one, V1LabelSelector other) =>
        one.MatchExpressions is null && other.MatchExpressions is null && one.MatchLabels.IsIn(other.MatchLabels) && other.MatchLabels.IsIn(one.MatchLabels);
}
