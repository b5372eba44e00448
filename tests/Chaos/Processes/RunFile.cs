using System.Text;
using ImDapr.IntegrationTests.Stacks;

namespace ImDapr.Chaos.Processes;

/// <summary>A dapr.yaml whose apps are started by somebody else, beside the repository's own components.</summary>
internal static class RunFile
{
    /// <returns>Its path.</returns>
    public static string Write(string folder, bool isEmbedded, IEnumerable<ServiceInstance> instances, IReadOnlyDictionary<string, string> settings)
    {
        var components = Path.Combine(Repository.Root, "components");
        var text = new StringBuilder($"""
            version: 1
            common:
              resourcesPaths: ["{(isEmbedded ? Path.Combine(components, "embedded") : CopyFlat(components, folder))}"]
              enableAppHealthCheck: true
              appHealthCheckPath: /healthz
              appHealthProbeInterval: 1
              appHealthProbeTimeout: 2000
              appHealthThreshold: 2
              env:

            """);
        foreach (var (name, value) in settings.Append(new("CHAOS", "1")))
            text.AppendLine($"    {name}: \"{value}\"");
        text.AppendLine("apps:");
        foreach (var instance in instances)
            text.AppendLine(
                $"  - {{appID: {instance.AppId}, appDirPath: \"{instance.Folder}\", appPort: {instance.AppPortForSidecar}, daprHTTPPort: {instance.SidecarHttpPort}, daprGRPCPort: {instance.SidecarGrpcPort}}}");
        var path = Path.Combine(folder, "dapr.yaml");
        File.WriteAllText(path, text.ToString());
        return path;
    }

    // LocalDapr would take the folder "embedded" inside of it instead.
    private static string CopyFlat(string components, string folder)
    {
        var copy = Directory.CreateDirectory(Path.Combine(folder, "components")).FullName;
        foreach (var file in Directory.GetFiles(components, "*.yaml"))
            File.Copy(file, Path.Combine(copy, Path.GetFileName(file)));
        return copy;
    }
}
