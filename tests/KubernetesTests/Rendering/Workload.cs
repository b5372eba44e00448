using k8s.Models;

namespace ImDapr.KubernetesTests.Rendering;

/// <summary>What makes pods, and the pods that it makes.</summary>
internal sealed class Workload(Cluster cluster, Manifest manifest, V1PodTemplateSpec template, V1LabelSelector? selector)
{
    public Cluster Cluster => cluster;

    public Manifest Manifest => manifest;

    public string Name => manifest.Name;

    public V1PodSpec Pod => template.Spec;

    /// <summary>Null for a Job, which finds its pods by itself.</summary>
    public V1LabelSelector? Selector => selector;

    public IDictionary<string, string> Labels => template.Metadata.Labels;

    public IDictionary<string, string> Annotations => template.Metadata.Annotations ?? new Dictionary<string, string>();

    public IEnumerable<V1Container> Containers => (Pod.InitContainers ?? []).Concat(Pod.Containers);

    public V1Container App => Pod.Containers[0];

    /// <summary>user-, message- or connection-service.</summary>
    public bool IsService => Labels["app.kubernetes.io/component"] == "service";

    /// <summary>Made from this repository.</summary>
    public bool IsOurs => App.Image.StartsWith("imdapr/", StringComparison.Ordinal);

    public bool HasSidecar => Annotations.ContainsKey("dapr.io/enabled");

    /// <summary>Checks of kube-score that its manifest says it does not pass, and why not.</summary>
    public IEnumerable<string> Excused =>
        (manifest.Json["metadata"]!["annotations"]?["kube-score/ignore"]?.Text() ?? "")
        .Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    /// <summary>What the app finds in its environment; null where a secret or a field of the pod says it.</summary>
    public IReadOnlyDictionary<string, string?> Variables
    {
        get
        {
            var all = (App.EnvFrom ?? []).SelectMany(source => DataOf(source.ConfigMapRef.Name)).ToDictionary(entry => entry.Key, entry => (string?)entry.Value);
            foreach (var variable in App.Env ?? [])
                all[variable.Name] = variable.Value;
            return all;
        }
    }

    public string? Variable(string name) => Variables.GetValueOrDefault(name);

    private IDictionary<string, string> DataOf(string configMap) =>
        cluster.Of<V1ConfigMap>().SingleOrDefault(one => one.Manifest.Name == configMap)?.Model.Data
            ?? throw new InvalidOperationException($"{manifest}: there is no ConfigMap {configMap}.");

    public override string ToString() => manifest.ToString();
}
