using System.Text.Json.Nodes;

namespace ImDapr.KubernetesTests.Rendering;

/// <summary>One rendered object.</summary>
internal sealed class Manifest(string cluster, JsonNode json)
{
    private readonly Lazy<object?> _model = new(() => Models.Read(json));

    public JsonNode Json => json;

    public string ApiVersion => json["apiVersion"].Text();

    public string Kind => json["kind"].Text();

    public string Name => json["metadata"]!["name"].Text();

    public string? Namespace => json["metadata"]!["namespace"]?.Text();

    public JsonNode? Spec => json["spec"];

    /// <summary>As the Kubernetes client has it; null for a custom resource.</summary>
    public object? Model => _model.Value;

    public override string ToString() => $"{cluster}: {Kind} {Name}";
}
