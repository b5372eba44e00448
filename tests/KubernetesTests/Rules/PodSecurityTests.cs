using ImDapr.KubernetesTests.Rendering;
using k8s.Models;

namespace ImDapr.KubernetesTests.Rules;

/// <summary>Pods pass the profile "restricted" of pod security, and what kube-score and kube-linter ask for beyond it.</summary>
public sealed class PodSecurityTests
{
    // An annotation on the workload says that its image has a user of its own.
    private const string LowUser = "container-security-context-user-group-id";

    [Fact]
    public void Nobody_is_root() => Rule.Holds(
        Clusters.Workloads,
        workload => workload.Pod.SecurityContext is { RunAsNonRoot: true, RunAsUser: > 0, RunAsGroup: > 0 } && workload.Containers.All(IsSameUser),
        "may be root, or does not say by number who it is");

    [Fact]
    public void Nobody_has_the_number_of_a_user_of_the_node() => Rule.Holds(
        Clusters.Workloads,
        workload => workload.Pod.SecurityContext is { RunAsUser: > 10_000, RunAsGroup: > 10_000 } || workload.Excused.Contains(LowUser), "has a low number");

    [Fact]
    public void System_calls_are_filtered() => Rule.Holds(
        Clusters.Workloads, workload => workload.Pod.SecurityContext.SeccompProfile?.Type == "RuntimeDefault"
            && workload.Containers.All(one => one.SecurityContext.SeccompProfile is null), "has no seccomp profile");

    [Fact]
    public void Nobody_gains_privileges() => Rule.Holds(
        Clusters.Workloads, workload => workload.Containers.Where(one =>
            one.SecurityContext is not { AllowPrivilegeEscalation: false, Privileged: null or false, ProcMount: null }).Select(one => one.Name));

    [Fact]
    public void Nobody_has_capabilities() => Rule.Holds(
        Clusters.Workloads, workload => workload.Containers.Where(one => one.SecurityContext?.Capabilities is not { Drop: ["ALL"], Add: null or { Count: 0 } })
            .Select(one => one.Name));

    [Fact]
    public void Nobody_writes_to_its_image() => Rule.Holds(
        Clusters.Workloads, workload => workload.Containers.Where(one => one.SecurityContext?.ReadOnlyRootFilesystem != true).Select(one => one.Name));

    [Fact]
    public void What_is_written_to_has_a_limit() => Rule.Holds(
        Clusters.Workloads, workload => (workload.Pod.Volumes ?? []).Where(volume => volume.EmptyDir is not null && volume.EmptyDir.SizeLimit is null)
            .Select(volume => volume.Name));

    // .NET writes there, and to nowhere else.
    [Fact]
    public void Our_images_have_a_folder_for_temporary_files() => Rule.Holds(
        Clusters.Workloads.Where(workload => workload.IsOurs),
        workload => workload.Pod.Volumes.Any(volume => volume.EmptyDir is not null
            && workload.App.VolumeMounts.Any(mount => mount.Name == volume.Name && mount.MountPath == "/tmp")), "has no /tmp");

    [Fact]
    public void Nobody_reaches_into_its_node() => Rule.Holds(
        Clusters.Workloads,
        workload => workload.Pod is { HostNetwork: null or false, HostPID: null or false, HostIPC: null or false, SecurityContext.Sysctls: null }
            && (workload.Pod.Volumes ?? []).All(IsHarmless) && workload.Containers.SelectMany(one => one.Ports ?? []).All(port => port.HostPort is null),
        "reaches into its node");

    [Fact]
    public void Nobody_has_a_token_for_the_api_server() => Rule.Holds(
        Clusters.Workloads,
        workload => workload.Pod.AutomountServiceAccountToken == false
            && workload.Cluster.Of<V1ServiceAccount>()
            .Single(account => account.Manifest.Name == workload.Pod.ServiceAccountName).Model.AutomountServiceAccountToken == false, "has a token");

    // Else every Service of the namespace becomes variables of every pod.
    [Fact]
    public void Nobody_is_told_of_services() => Rule.Holds(Clusters.Workloads, workload => workload.Pod.EnableServiceLinks == false, "is told of services");

    [Fact]
    public void Sidecars_are_as_restricted() => Rule.Holds(
        Clusters.Workloads.Where(workload => workload.HasSidecar), workload =>
            workload.Annotations["dapr.io/sidecar-seccomp-profile-type"] == "RuntimeDefault", "its sidecar has no seccomp profile");

    private static bool IsSameUser(V1Container container) => container.SecurityContext is { RunAsUser: null, RunAsGroup: null, RunAsNonRoot: null };

    private static bool IsHarmless(V1Volume volume) =>
        volume.EmptyDir is not null || volume.ConfigMap is not null || volume.Secret is not null || volume.Projected is not null
            || volume.PersistentVolumeClaim is not null;
}
