using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using k8s.Models;

namespace ImDapr.KubernetesTests.Rendering;

/// <summary>
/// Reads Kubernetes' own kinds as an API server does that validates strictly. As JSON and not as YAML: the client's reader of YAML takes a number where
/// a text has to be, such as an annotation, and an API server does not.
/// </summary>
internal static class Models
{
    private static readonly JsonSerializerOptions Strict = new() { UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow };

    private static readonly Dictionary<string, Type> Types = typeof(KubernetesEntityAttribute).Assembly.GetTypes()
        .Where(type => type.GetCustomAttribute<KubernetesEntityAttribute>() is not null)
        .ToDictionary(type => KindOf(type.GetCustomAttribute<KubernetesEntityAttribute>()!));

    /// <returns>Null for a kind that is not Kubernetes' own.</returns>
    /// <exception cref="JsonException">A field is unknown, or of another type.</exception>
    public static object? Read(JsonNode json) =>
        Types.TryGetValue($"{json["apiVersion"].Text()}/{json["kind"].Text()}", out var type) ? json.Deserialize(type, Strict) : null;

    private static string KindOf(KubernetesEntityAttribute entity) =>
        string.IsNullOrEmpty(entity.Group) ? $"{entity.ApiVersion}/{entity.Kind}" : $"{entity.Group}/{entity.ApiVersion}/{entity.Kind}";
}
