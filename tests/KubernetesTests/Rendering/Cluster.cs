using k8s.Models;

namespace ImDapr.KubernetesTests.Rendering;

/// <summary>What is applied together.</summary>
internal sealed class Cluster
{
    public Cluster(string name, IEnumerable<Manifest> objects)
    {
        (Name, Objects) = (name, [.. objects]);
        Workloads = [.. Objects.Select(WorkloadOf).OfType<Workload>()];
    }

    public string Name { get; }

    public IReadOnlyList<Manifest> Objects { get; }

    public IReadOnlyList<Workload> Workloads { get; }

    /// <summary>One small instance of everything, for a person who develops.</summary>
    public bool IsForDevelopment => Name == "dev";

    public string Namespace => Objects.First(one => one.Kind == "Deployment").Namespace!;

    public IEnumerable<Manifest> OfKind(string kind) => Objects.Where(one => one.Kind == kind);

    public Manifest? Find(string kind, string name) => OfKind(kind).FirstOrDefault(one => one.Name == name);

    public IEnumerable<Applied<T>> Of<T>() where T : class => from one in Objects where one.Model is T select new Applied<T>(this, one, (T)one.Model!);

    public override string ToString() => Name;

    private Workload? WorkloadOf(Manifest manifest) => manifest.Model switch
    {
        V1Deployment deployment => new Workload(this, manifest, deployment.Spec.Template, deployment.Spec.Selector),
        V1StatefulSet set => new Workload(this, manifest, set.Spec.Template, set.Spec.Selector),
        V1Job job => new Workload(this, manifest, job.Spec.Template, job.Spec.Selector),
        // A kind that makes pods and is not here would pass by every rule of pods.
        _ when manifest.Spec?.Descendants().Any(node => node.Fields().Any(field => field.Key == "containers")) == true =>
            throw new InvalidOperationException($"{manifest} makes pods, and these tests do not know it."),
        _ => null,
    };
}

/// <summary>An object in what it is applied with.</summary>
internal sealed class Applied<T>(Cluster cluster, Manifest manifest, T model)
{
    public Cluster Cluster => cluster;

    public Manifest Manifest => manifest;

    public T Model => model;

    public override string ToString() => manifest.ToString();
}
