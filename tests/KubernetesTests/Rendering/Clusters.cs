using ImDapr.IntegrationTests.Stacks;

namespace ImDapr.KubernetesTests.Rendering;

/// <summary>
/// Everything in k8s/, as it is applied: each overlay with the smoke test and the monitoring, the base alone, and what Overlays beside these tests shows.
/// </summary>
internal static class Clusters
{
    private static readonly string Overlays = Path.Combine(Repository.Root, "k8s", "overlays");

    public static IReadOnlyList<Cluster> All { get; } =
    [
        Render("base", Path.Combine(Repository.Root, "k8s", "base")),
        .. FoldersIn(Overlays)
        .Select(overlay => Render(Path.GetFileName(overlay), overlay, SmokeOf(overlay), Path.Combine(Repository.Root, "k8s", "monitoring"))),
        .. FoldersIn(Path.Combine(Repository.Root, "tests", "KubernetesTests", "Overlays")).Select(overlay => Render(Path.GetFileName(overlay), overlay)),
    ];

    /// <summary>The overlays of k8s/ alone, their objects in the order in which they are applied.</summary>
    public static IEnumerable<Cluster> OfOverlays => FoldersIn(Overlays).Select(overlay => Render(Path.GetFileName(overlay), overlay));

    public static IEnumerable<Manifest> Objects => All.SelectMany(cluster => cluster.Objects);

    public static IEnumerable<Workload> Workloads => All.SelectMany(cluster => cluster.Workloads);

    public static IEnumerable<Workload> Services => Workloads.Where(workload => workload.IsService);

    public static Cluster Named(string name) => All.Single(cluster => cluster.Name == name);

    public static IEnumerable<Applied<T>> Of<T>() where T : class => All.SelectMany(cluster => cluster.Of<T>());

    private static Cluster Render(string name, params string[] folders) =>
        new(name, folders.SelectMany(folder => Yaml.Documents(Kubectl.Kustomize(folder))).Select(json => new Manifest(name, json)));

    // An overlay with images of its own has a smoke test of its own.
    private static string SmokeOf(string overlay) =>
        Path.Combine(overlay, "smoke") is var own && Directory.Exists(own) ? own : Path.Combine(Repository.Root, "k8s", "smoke");

    private static IEnumerable<string> FoldersIn(string folder) => Directory.EnumerateDirectories(folder).Order(StringComparer.Ordinal);
}
