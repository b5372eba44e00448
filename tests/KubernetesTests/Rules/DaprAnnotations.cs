using System.Globalization;
using System.Text.RegularExpressions;

namespace ImDapr.KubernetesTests.Rules;

/// <summary>
/// What Dapr's injector reads from a pod, 1.16 to 1.18, and as what. It passes by what it does not know, and takes its default for what it cannot read.
/// </summary>
internal static partial class DaprAnnotations
{
    private static readonly string[] Flags =
    [
        "enabled", "log-as-json", "enable-metrics", "enable-profiling", "enable-debug", "enable-api-logging", "enable-app-health-check",
        "enable-native-sidecar",
        "disable-builtin-k8s-secret-store", "inject-pluggable-components",
    ];

    private static readonly string[] Numbers =
    [
        "app-port", "app-max-concurrency", "metrics-port", "debug-port", "grpc-port", "internal-grpc-port", "graceful-shutdown-seconds",
        "app-health-probe-interval", "app-health-probe-timeout", "app-health-threshold",
        "sidecar-liveness-probe-delay-seconds", "sidecar-liveness-probe-timeout-seconds", "sidecar-liveness-probe-period-seconds",
        "sidecar-liveness-probe-threshold",
        "sidecar-readiness-probe-delay-seconds", "sidecar-readiness-probe-timeout-seconds", "sidecar-readiness-probe-period-seconds",
        "sidecar-readiness-probe-threshold",
    ];

    private static readonly string[] Durations = ["block-shutdown-duration", "actors-disseminate-timeout", "app-binding-options-timeout"];

    private static readonly string[] Quantities =
        ["sidecar-cpu-request", "sidecar-cpu-limit", "sidecar-memory-request", "sidecar-memory-limit", "max-body-size", "read-buffer-size"];

    private static readonly string[] Texts =
    [
        "app-id", "config", "app-protocol", "log-level", "api-token-secret", "app-token-secret", "env", "env-from-secret", "sidecar-image",
        "sidecar-listen-addresses",
        "sidecar-seccomp-profile-type", "unix-domain-socket-path", "volume-mounts", "volume-mounts-rw", "app-health-check-path", "placement-host-address",
        "scheduler-host-address", "pluggable-components", "pluggable-components-sockets-folder", "component-container", "app-channel-address",
        "sentry-request-jwt-audiences", "sidecar-svc-annotations", "disable-init-endpoints",
    ];

    public static bool IsRight(string name, string value) =>
        Flags.Contains(name) ? value is "true" or "false"
        : Numbers.Contains(name) ? int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out _)
        : Durations.Contains(name) ? Duration().IsMatch(value)
        : Quantities.Contains(name) ? Quantity().IsMatch(value)
        : Texts.Contains(name) && value.Length > 0;

    [GeneratedRegex(@"\A([0-9]+(h|m|s|ms))+\z")]
    private static partial Regex Duration();

    [GeneratedRegex(@"\A[0-9]+(\.[0-9]+)?(m|k|Ki|M|Mi|G|Gi)?\z")]
    private static partial Regex Quantity();
}
