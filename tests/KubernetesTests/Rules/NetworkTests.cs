using System.Globalization;
using ImDapr.KubernetesTests.Rendering;
using k8s.Models;

namespace ImDapr.KubernetesTests.Rules;

/// <summary>Network policies: nothing passes but what has to, and that passes at both ends.</summary>
public sealed class NetworkTests
{
    private static readonly string[] BothWays = ["Ingress", "Egress"];

    [Fact]
    public void Nothing_passes_unless_it_is_allowed() => Rule.Holds(
        Clusters.All, cluster => cluster.Of<V1NetworkPolicy>().Any(IsDefaultDeny), "has no policy that denies everything to everybody");

    [Fact]
    public void Every_pod_is_allowed_something() => Rule.Holds(
        Clusters.Workloads,
        workload => PoliciesOf(workload).Any(policy => !IsForAll(policy) && (policy.Spec.Ingress is { Count: > 0 } || policy.Spec.Egress is { Count: > 0 })),
        "is allowed nothing of its own");

    [Fact]
    public void Every_policy_is_for_somebody() => Rule.Holds(
        Clusters.Of<V1NetworkPolicy>(), policy => policy.Cluster.Workloads.Any(workload => policy.Model.Spec.PodSelector.Selects(workload.Labels)),
        "is for nobody");

    [Fact]
    public void A_policy_says_nothing_of_a_way_that_it_is_not_for() => Rule.Holds(
        Clusters.Of<V1NetworkPolicy>(),
        policy => BothWays.Except(policy.Model.Spec.PolicyTypes)
            .Where(way => (way == "Ingress" ? policy.Model.Spec.Ingress?.Count : policy.Model.Spec.Egress?.Count) > 0)
            .Select(way => $"has no {way} among its types"));

    [Fact]
    public void Who_is_let_out_to_a_pod_is_let_in_there() => Rule.Holds(
        Clusters.All, cluster => Ways(cluster, outward: true).Where(way => !IsLetIn(way.From, way.To, way.Port))
            .Select(way => $"{way.From.Name} is not let into {way.To.Name} at {way.Port}"));

    [Fact]
    public void Who_is_let_in_from_a_pod_is_let_out_there() => Rule.Holds(
        Clusters.All, cluster => Ways(cluster, outward: false).Where(way => !IsLetOut(way.From, way.To, way.Port))
            .Select(way => $"{way.From.Name} is not let out to {way.To.Name} at {way.Port}"));

    [Fact]
    public void Ports_that_are_let_in_are_those_of_the_pod_or_its_sidecar() => Rule.Holds(
        Clusters.Workloads,
        workload => PoliciesOf(workload).SelectMany(policy => policy.Spec.Ingress ?? []).SelectMany(rule => rule.Ports).Select(port => port.Port.Value)
            .Distinct().Except(PortsOf(workload))
            .Where(port => !IsSharedByStores(workload, port)).Select(port => $"{port} is nobody's"));

    [Fact]
    public void Sidecars_reach_each_other_and_the_control_plane() => Rule.Holds(
        Clusters.Services,
        service => service.Cluster.Workloads.Where(other => other.IsService && !(IsLetOut(service, other, "50002") && IsLetIn(service, other, "50002")))
            .Select(other => $"does not reach {other.Name}")
            .Concat(ReachesNamespace(service, "dapr-system") ? [] : ["does not reach the control plane"]));

    [Fact]
    public void Every_pod_resolves_names() => Rule.Holds(Clusters.Workloads, workload => ReachesNamespace(workload, "kube-system"), "does not reach DNS");

    // Connection-service has to be reached from outside; user- and message-service through it only.
    [Fact]
    public void Only_the_public_origin_is_reached_from_outside() => Rule.Holds(
        Clusters.Services,
        service => PoliciesOf(service).SelectMany(policy => policy.Spec.Ingress ?? []).SelectMany(rule => rule.Ports).Any(port => port.Port.Value == "8080")
            == (service.Name == "connection-service" && HasEdge(service.Cluster)),
        "is reached from outside and must not be, or is not and must be");

    private static bool HasEdge(Cluster cluster) => cluster.Objects.Any(one => one.Kind is "Ingress" or "HTTPRoute")
        || cluster.Workloads.Any(workload => workload.Name == "smoke");

    private static bool IsDefaultDeny(Applied<V1NetworkPolicy> policy) =>
        IsForAll(policy.Model) && BothWays.All(policy.Model.Spec.PolicyTypes.Contains)
            && policy.Model.Spec is { Ingress: null or { Count: 0 }, Egress: null or { Count: 0 } };

    private static bool IsForAll(V1NetworkPolicy policy) =>
        policy.Spec.PodSelector is { MatchLabels: null or { Count: 0 }, MatchExpressions: null or { Count: 0 } };

    private static IEnumerable<V1NetworkPolicy> PoliciesOf(Workload workload) =>
        workload.Cluster.Of<V1NetworkPolicy>().Select(policy => policy.Model).Where(policy => policy.Spec.PodSelector.Selects(workload.Labels));

    private static bool IsLetOut(Workload from, Workload to, string port) =>
        PoliciesOf(from).SelectMany(policy => policy.Spec.Egress ?? [])
            .Any(rule => rule.To.Any(peer => peer.PodSelector.Selects(to.Labels)) && rule.Ports.Any(given => given.Port.Value == port));

    private static bool IsLetIn(Workload from, Workload to, string port) =>
        PoliciesOf(to).SelectMany(policy => policy.Spec.Ingress ?? [])
            .Any(rule => rule.FromProperty.Any(peer => peer.PodSelector.Selects(from.Labels)) && rule.Ports.Any(given => given.Port.Value == port));

    private static bool ReachesNamespace(Workload workload, string name) =>
        PoliciesOf(workload).SelectMany(policy => policy.Spec.Egress ?? []).SelectMany(rule => rule.To)
            .Any(peer => peer.NamespaceSelector.Selects(new Dictionary<string, string> { ["kubernetes.io/metadata.name"] = name }));

    /// <summary>From where to where, as the policies of one end have it.</summary>
    private static IEnumerable<(Workload From, Workload To, string Port)> Ways(Cluster cluster, bool outward) =>
        from one in cluster.Workloads
        from policy in PoliciesOf(one)
        from rule in outward
            ? (policy.Spec.Egress ?? []).Select(rule => (Peers: rule.To, rule.Ports))
            : (policy.Spec.Ingress ?? []).Select(rule => (Peers: rule.FromProperty, rule.Ports))
        from peer in rule.Peers
        from other in cluster.Workloads
        where peer.PodSelector.Selects(other.Labels)
        from port in rule.Ports
        select outward ? (one, other, port.Port.Value) : (other, one, port.Port.Value);

    private static IEnumerable<string> PortsOf(Workload workload) =>
        (workload.App.Ports ?? []).Select(port => port.ContainerPort.ToString(CultureInfo.InvariantCulture))
        .Concat(workload.HasSidecar ? ["50002", "9090"] : []);

    // One policy for Redis and MySQL names the ports of both.
    private static bool IsSharedByStores(Workload workload, string port) =>
        workload.Cluster.Workloads.Where(other => other.Labels["app.kubernetes.io/component"] == workload.Labels["app.kubernetes.io/component"])
            .Any(other => PortsOf(other).Contains(port));
}
