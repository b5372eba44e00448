using System.Globalization;
using System.Text.Json.Nodes;
using ImDapr.KubernetesTests.Rendering;
using k8s.Models;

namespace ImDapr.KubernetesTests.Rules;

/// <summary>What pods ask Dapr's injector for.</summary>
public sealed class SidecarTests
{
    private const string Prefix = "dapr.io/";

    private static readonly JsonNode LocalRun = Yaml.Document(Sources.Read("dapr.yaml"))["common"]!;

    private static IEnumerable<Workload> WithSidecar => Clusters.Workloads.Where(workload => workload.HasSidecar);

    [Fact]
    public void The_injector_can_read_every_annotation() => Rule.Holds(
        WithSidecar,
        workload => workload.Annotations.Where(annotation => annotation.Key.StartsWith(Prefix, StringComparison.Ordinal))
            .Where(annotation => !DaprAnnotations.IsRight(annotation.Key[Prefix.Length..], annotation.Value))
            .Select(annotation => $"{annotation.Key}: {annotation.Value}"));

    // The injector looks at pods, not at what makes them.
    [Fact]
    public void Annotations_for_it_are_on_pods() => Rule.Holds(
        Clusters.Objects, one => one.Json["metadata"]!["annotations"].Fields().Where(annotation => annotation.Key.StartsWith(Prefix, StringComparison.Ordinal))
            .Select(annotation => annotation.Key));

    [Fact]
    public void An_app_is_called_as_its_workload_and_as_nothing_else() => Rule.Holds(
        WithSidecar, workload => workload.Annotations["dapr.io/app-id"] == workload.Name && workload.Labels["app.kubernetes.io/name"] == workload.Name,
        "has another app-id or label");

    [Fact]
    public void A_service_is_reached_where_it_listens() => Rule.Holds(Clusters.Services, service => PortsThatDiffer(service));

    [Fact]
    public void A_service_is_found_healthy_as_in_a_local_run() => Rule.Holds(
        Clusters.Services,
        service => new (string Annotation, string Setting)[]
        {
            ("enable-app-health-check", "enableAppHealthCheck"), ("app-health-check-path", "appHealthCheckPath"),
            ("app-health-probe-interval", "appHealthProbeInterval"),
            ("app-health-probe-timeout", "appHealthProbeTimeout"), ("app-health-threshold", "appHealthThreshold"),
        }.Where(pair => service.Annotations[Prefix + pair.Annotation] != LocalRun[pair.Setting]!.ToString()).Select(pair => pair.Annotation));

    [Fact]
    public void Nobody_uses_a_sidecar_without_its_token() => Rule.Holds(
        WithSidecar, workload => TokenOf(workload, "DAPR_API_TOKEN") == (workload.Annotations["dapr.io/api-token-secret"], "token"),
        "does not know its sidecar's token");

    [Fact]
    public void Nobody_passes_for_the_sidecar_of_a_service() => Rule.Holds(
        Clusters.Services, service => TokenOf(service, "APP_API_TOKEN") == (service.Annotations["dapr.io/app-token-secret"], "token"),
        "does not know its own token");

    [Fact]
    public void A_sidecar_needs_no_right_to_read_secrets() => Rule.Holds(
        WithSidecar, workload => workload.Annotations["dapr.io/disable-builtin-k8s-secret-store"] == "true", "has a secret store");

    [Fact]
    public void A_sidecar_has_requests_below_its_limits() => Rule.Holds(
        WithSidecar,
        workload => new[] { "cpu", "memory" }.Where(resource => Amount(workload, $"{resource}-request") > Amount(workload, $"{resource}-limit"))
            .Select(resource => $"{resource} of its sidecar"));

    // Go knows nothing of the limit: it would be killed before it cleans up.
    [Fact]
    public void The_sidecar_of_a_service_keeps_below_its_memory() => Rule.Holds(
        Clusters.Services, service => GoMemory(service) < Amount(service, "memory-limit") && GoMemory(service) > Amount(service, "memory-limit") * 4 / 5,
        "GOMEMLIMIT is not just below the limit");

    // For this variable the injector gives up runAsNonRoot (k8s/README.md).
    [Fact]
    public void No_sidecar_is_given_folders_of_certificates() => Rule.Holds(
        Clusters.Objects, one => one.Json.ToJsonString().Contains("SSL_CERT_DIR", StringComparison.Ordinal) ? ["SSL_CERT_DIR"] : []);

    private static IEnumerable<string> PortsThatDiffer(Workload service)
    {
        var port = service.Annotations["dapr.io/app-port"];
        if (service.App.Ports.Single(given => given.Name == "http").ContainerPort.ToString(CultureInfo.InvariantCulture) != port)
            yield return "the container's port is another one";
        if (service.Variable("ASPNETCORE_URLS") is { } urls && urls != $"http://127.0.0.1:{port}")
            yield return $"it listens to {urls}";
        // Both would be listened to, and the second is everybody's.
        if ((service.Variable("ASPNETCORE_URLS") is not null) != (service.Variable("ASPNETCORE_HTTP_PORTS") == ""))
            yield return "the image's ASPNETCORE_HTTP_PORTS is not taken back where there is ASPNETCORE_URLS, or is where there is none";
        if (!Sources.Read("Dockerfile").Contains($"ASPNETCORE_HTTP_PORTS={port}\n", StringComparison.Ordinal))
            yield return "the image listens elsewhere";
    }

    private static (string? Secret, string? Key) TokenOf(Workload workload, string variable)
    {
        var reference = workload.App.Env.Single(given => given.Name == variable).ValueFrom.SecretKeyRef;
        return (reference.Name, reference.Key);
    }

    private static decimal Amount(Workload workload, string resource) => new ResourceQuantity(workload.Annotations[$"dapr.io/sidecar-{resource}"]).ToDecimal();

    private static decimal GoMemory(Workload service) =>
        new ResourceQuantity(service.Annotations["dapr.io/env"].Split('=') is ["GOMEMLIMIT", var limit] ? limit.TrimEnd('B') : "0").ToDecimal();
}
