using System.Globalization;
using ImDapr.KubernetesTests.Rendering;
using ImDapr.KubernetesTests.Services;
using ImDapr.ServiceDefaults.Hosting;

namespace ImDapr.KubernetesTests.Rules;

/// <summary>A pod is left the time that it takes to leave: first the app drains, then its host stops, then its sidecar.</summary>
public sealed class ShutdownTests
{
    [Fact]
    public void The_grace_period_outlasts_the_drain_the_host_and_the_sidecar() => Rule.Holds(
        Clusters.Services, service => GracePeriod(service) >= AppLeavesAfter(service) + SidecarLeavesAfter(service),
        service => $"{GracePeriod(service)} is too short for {AppLeavesAfter(service)} and {SidecarLeavesAfter(service)}");

    // A sidecar that is not native gets its signal when its app does.
    [Fact]
    public void The_sidecar_stays_until_its_app_has_gone() => Rule.Holds(
        Clusters.Services, service => SidecarStays(service) >= AppLeavesAfter(service), service =>
            $"{SidecarStays(service)} is too short for {AppLeavesAfter(service)}");

    [Fact]
    public void It_has_the_time_to_leave_then() => Rule.Holds(
        Clusters.Services, service => GracePeriod(service) >= SidecarStays(service) + SidecarLeavesAfter(service), service =>
            $"{GracePeriod(service)} is too short");

    private static TimeSpan GracePeriod(Workload service) => TimeSpan.FromSeconds(service.Pod.TerminationGracePeriodSeconds ?? 30);

    private static TimeSpan AppLeavesAfter(Workload service) => DrainOf(service) + ServiceApp.Of(service.Name).ShutdownTimeout;

    private static TimeSpan DrainOf(Workload service) =>
        service.Variable("Drain__LimitSeconds") is { } seconds ? TimeSpan.FromSeconds(int.Parse(seconds, CultureInfo.InvariantCulture))
            : new DrainOptions().Limit;

    private static TimeSpan SidecarStays(Workload service) =>
        TimeSpan.FromSeconds(int.Parse(service.Annotations["dapr.io/block-shutdown-duration"].TrimEnd('s'), CultureInfo.InvariantCulture));

    private static TimeSpan SidecarLeavesAfter(Workload service) =>
        TimeSpan.FromSeconds(int.Parse(service.Annotations["dapr.io/graceful-shutdown-seconds"], CultureInfo.InvariantCulture));
}
