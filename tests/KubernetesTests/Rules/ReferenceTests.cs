using ImDapr.KubernetesTests.Rendering;
using k8s.Models;

namespace ImDapr.KubernetesTests.Rules;

/// <summary>What an object names is there, and is what it means.</summary>
public sealed class ReferenceTests
{
    [Fact]
    public void A_workload_has_the_labels_that_it_selects() => Rule.Holds(
        Clusters.Workloads.Where(workload => workload.Selector is not null), workload => workload.Selector.Selects(workload.Labels),
        "does not find its own pods");

    // A Job whose pods a Deployment or a budget counted as its own would be called like them.
    [Fact]
    public void Nothing_else_has_them() => Rule.Holds(
        Clusters.Workloads.Where(workload => workload.Selector is not null),
        workload => workload.Cluster.Workloads.Where(other => other != workload && workload.Selector.Selects(other.Labels))
            .Select(other => $"finds pods of {other.Name}"));

    [Fact]
    public void A_service_leads_to_the_pods_of_one_workload_and_to_a_port_that_they_have() => Rule.Holds(
        Clusters.Of<V1Service>(), service => TargetsOf(service.Cluster, service.Model) is [var target]
            ? service.Model.Spec.Ports.Where(port => !Has(target, port.TargetPort.Value)).Select(port => $"{target.Name} has no {port.TargetPort.Value}")
            : ["leads to several workloads, or to none"]);

    [Fact]
    public void A_service_leads_to_nothing_that_is_meant_for_a_sidecar_only() => Rule.Holds(
        Clusters.Of<V1Service>(),
        service => TargetsOf(service.Cluster, service.Model)
            .All(target => target.Variable("ASPNETCORE_URLS")?.Contains("127.0.0.1", StringComparison.Ordinal) != true),
        "leads to who listens on localhost only");

    [Fact]
    public void Services_are_reached_from_inside_only() =>
        Rule.Holds(Clusters.Of<V1Service>(), service => service.Model.Spec.Type is null or "ClusterIP", service => $"is a {service.Model.Spec.Type}");

    [Fact]
    public void A_stateful_set_has_its_headless_service() => Rule.Holds(
        Clusters.Of<V1StatefulSet>(),
        set => set.Cluster.Of<V1Service>().Any(service => service.Manifest.Name == set.Model.Spec.ServiceName && service.Model.Spec.ClusterIP == "None"),
        "has no headless Service");

    [Fact]
    public void An_ingress_leads_to_a_service_with_that_port() => Rule.Holds(
        Clusters.Of<V1Ingress>(),
        ingress => ingress.Model.Spec.Rules.SelectMany(rule => rule.Http.Paths).Select(path => path.Backend.Service)
            .Where(backend => !HasPort(ingress.Cluster, backend.Name, port => port.Name == backend.Port.Name || port.Port == backend.Port.Number))
            .Select(backend => $"{backend.Name} is not there"));

    [Fact]
    public void An_ingress_is_of_a_class_and_has_a_certificate_for_each_host() => Rule.Holds(
        Clusters.Of<V1Ingress>(),
        ingress => ingress.Model.Spec.IngressClassName is not null
            && ingress.Model.Spec.Rules.All(rule => ingress.Model.Spec.Tls.Any(tls => tls.Hosts.Contains(rule.Host))), "has no class, or no certificate");

    [Fact]
    public void A_route_of_a_gateway_leads_to_a_service_with_that_port() => Rule.Holds(
        Clusters.All.Where(cluster => cluster.OfKind("HTTPRoute").Any()),
        cluster => cluster.OfKind("HTTPRoute").SelectMany(route => route.Spec!["rules"].Items()).SelectMany(rule => rule["backendRefs"].Items())
            .Where(backend => !HasPort(cluster, backend["name"].Text(), port => port.Port == backend["port"]!.GetValue<long>()))
            .Select(backend => $"{backend} is not there"));

    [Fact]
    public void What_is_scaled_exists() => Rule.Holds(
        Clusters.Of<V2HorizontalPodAutoscaler>(),
        scaler => scaler.Model.Spec.ScaleTargetRef is { ApiVersion: "apps/v1", Kind: "Deployment", Name: var name }
            && scaler.Cluster.Find("Deployment", name) is not null, "scales nothing");

    [Fact]
    public void What_is_protected_exists() => Rule.Holds(
        Clusters.Of<V1PodDisruptionBudget>(), budget => budget.Cluster.Workloads.Count(workload => budget.Model.Spec.Selector.Selects(workload.Labels)) == 1,
        "protects several workloads, or none");

    [Fact]
    public void What_is_scraped_exists() => Rule.Holds(
        Clusters.Objects.Where(one => one.Kind == "PodMonitor"),
        monitor => ScrapedBy(monitor) is { Count: > 0 } pods
            ? pods.SelectMany(pod => PortsOf(monitor).Where(port => port != SidecarMetrics && !Has(pod, port)).Select(port => $"{pod.Name} has no {port}"))
            : ["scrapes nobody"]);

    [Fact]
    public void Every_service_is_scraped() => Rule.Holds(
        Clusters.Services.Where(service => service.Cluster.OfKind("PodMonitor").Any()), service => service.Cluster.OfKind("PodMonitor").SelectMany(ScrapedBy)
            .Contains(service), "is not scraped");

    [Fact]
    public void Jobs_end() => Rule.Holds(
        Clusters.Of<V1Job>(), job => job.Model.Spec is { ActiveDeadlineSeconds: > 0, BackoffLimit: >= 0, TtlSecondsAfterFinished: > 0 },
        "may run for ever, or stays for ever");

    // The name that Dapr's injector gives its own port.
    private const string SidecarMetrics = "dapr-metrics";

    private static List<Workload> TargetsOf(Cluster cluster, V1Service service) =>
        [.. cluster.Workloads.Where(workload => service.Spec.Selector.IsIn(workload.Labels))];

    private static bool Has(Workload workload, string port) => workload.App.Ports?.Any(given => given.Name == port) == true;

    private static bool HasPort(Cluster cluster, string service, Func<V1ServicePort, bool> isIt) =>
        cluster.Of<V1Service>().Any(one => one.Manifest.Name == service && one.Model.Spec.Ports.Any(isIt));

    private static List<Workload> ScrapedBy(Manifest monitor)
    {
        var labels = monitor.Spec!["selector"]!["matchLabels"].Fields().ToDictionary(label => label.Key, label => label.Value.Text());
        return [.. Clusters.All.Single(cluster => cluster.Objects.Contains(monitor)).Workloads.Where(workload => labels.IsIn(workload.Labels))];
    }

    private static IEnumerable<string> PortsOf(Manifest monitor) => monitor.Spec!["podMetricsEndpoints"].Items().Select(endpoint => endpoint["port"].Text());
}
