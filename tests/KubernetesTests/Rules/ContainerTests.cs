using System.Globalization;
using System.Text.RegularExpressions;
using ImDapr.KubernetesTests.Rendering;
using ImDapr.ServiceDefaults.Hosting;
using k8s.Models;

namespace ImDapr.KubernetesTests.Rules;

/// <summary>Containers say what they need, which image they are, and when they work.</summary>
public sealed partial class ContainerTests
{
    private static readonly string[] Resources = ["cpu", "memory", "ephemeral-storage"];

    [Fact]
    public void Every_container_has_requests_and_limits() => Rule.Holds(
        Clusters.Workloads, workload =>
            workload.Containers.SelectMany(one => Resources.Where(resource => !HasBoth(one, resource)).Select(resource => $"{one.Name}: {resource}")));

    [Fact]
    public void No_request_is_above_its_limit() => Rule.Holds(
        Clusters.Workloads,
        workload => workload.Containers.SelectMany(one => one.Resources.Requests
            .Where(request => request.Value.ToDecimal() > one.Resources.Limits[request.Key].ToDecimal()).Select(request => $"{one.Name}: {request.Key}")));

    [Fact]
    public void Every_image_has_a_tag_that_is_never_moved() => Rule.Holds(
        Clusters.Workloads, workload =>
            workload.Containers.Where(one => !Tagged().IsMatch(one.Image) || one.Image.EndsWith(":latest", StringComparison.Ordinal)).Select(one => one.Image));

    [Fact]
    public void What_is_applied_together_is_of_one_version() => Rule.Holds(
        Clusters.All,
        cluster => cluster.Workloads.Where(workload => workload.IsOurs).Select(workload => workload.App.Image.Split(':')[1]).Distinct().Count() == 1,
        "has images of several versions");

    [Fact]
    public void Every_container_says_when_its_image_is_pulled() => Rule.Holds(
        Clusters.Workloads,
        workload => workload.Containers.All(one => one.ImagePullPolicy == "Always"
            || (one.ImagePullPolicy == "IfNotPresent" && workload.Excused.Contains("container-image-pull-policy"))), "has no pull policy");

    [Fact]
    public void No_variable_is_set_twice() => Rule.Holds(
        Clusters.Workloads, workload =>
            workload.Containers.SelectMany(one => (one.Env ?? []).GroupBy(variable => variable.Name).Where(same => same.Count() > 1).Select(same => same.Key)));

    [Fact]
    public void A_probe_waits_for_the_slowest_answer() => Rule.Holds(
        Clusters.Workloads.Where(workload => Probes(workload.App).Any()), workload => Probes(workload.App).All(probe => probe.TimeoutSeconds == 3),
        "a probe has no timeoutSeconds of 3");

    [Fact]
    public void A_service_is_probed_where_only_the_platform_asks() => Rule.Holds(
        Clusters.Services,
        service => Probes(service.App).Count() == 3 && Probes(service.App).All(probe => probe.HttpGet.Port.Value == "management")
            && PortOf(service.App, "management") == service.Variable("Management__Port"),
        "is not probed on its management port");

    [Fact]
    public void A_service_that_cannot_serve_is_not_restarted_for_it() => Rule.Holds(
        Clusters.Services,
        service => service.App.ReadinessProbe.HttpGet.Path == ManagementPort.Ready && service.App.LivenessProbe.HttpGet.Path == ManagementPort.Live
            && service.App.StartupProbe.HttpGet.Path == ManagementPort.Live,
        "has its probes mixed up");

    [Fact]
    public void What_can_be_called_tells_when_it_can() => Rule.Holds(
        Clusters.Workloads.Where(workload => workload.App.Ports is { Count: > 0 }), workload => workload.App.ReadinessProbe is not null,
        "has no readiness probe");

    [Fact]
    public void Ports_that_are_probed_exist() => Rule.Holds(
        Clusters.Workloads.Where(workload => Probes(workload.App).Any()),
        workload => Probes(workload.App).Select(probe => probe.HttpGet?.Port ?? probe.TcpSocket?.Port).OfType<IntOrString>()
            .Where(port => PortOf(workload.App, port.Value) is null).Select(port => port.Value));

    [Fact]
    public void What_is_mounted_exists() => Rule.Holds(
        Clusters.Workloads.Where(workload => workload.App.VolumeMounts is { Count: > 0 }),
        workload => workload.Containers.SelectMany(one => one.VolumeMounts).Select(mount => mount.Name).Except(VolumesOf(workload)));

    private static IEnumerable<V1Probe> Probes(V1Container container) =>
        new[] { container.StartupProbe, container.LivenessProbe, container.ReadinessProbe }.OfType<V1Probe>();

    private static string? PortOf(V1Container container, string name) =>
        container.Ports?.FirstOrDefault(port => port.Name == name)?.ContainerPort.ToString(CultureInfo.InvariantCulture);

    private static bool HasBoth(V1Container container, string resource) => container.Resources?.Requests?.ContainsKey(resource) == true
        && container.Resources.Limits?.ContainsKey(resource) == true;

    private static IEnumerable<string> VolumesOf(Workload workload) =>
        (workload.Pod.Volumes ?? []).Select(volume => volume.Name)
        .Concat(workload.Manifest.Model is V1StatefulSet set ? set.Spec.VolumeClaimTemplates.Select(claim => claim.Metadata.Name) : []);

    [GeneratedRegex(@"\A[a-z0-9/-]+:[a-z0-9.-]+\z")]
    private static partial Regex Tagged();
}
