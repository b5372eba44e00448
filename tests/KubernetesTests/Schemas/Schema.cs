using System.Text.Json;
using System.Text.Json.Nodes;
using ImDapr.KubernetesTests.Rendering;

namespace ImDapr.KubernetesTests.Schemas;

/// <summary>The fields of a custom resource, as the files beside this one write them down. What is not in them is an error.</summary>
internal sealed class Schema(JsonNode document)
{
    private static readonly JsonNode Envelope = Yaml.Document(
        """
        apiVersion!: string
        kind!: string
        metadata!:
          name!: string
          namespace: string
          labels: { '*': string }
          annotations: { '*': string }
        """);

    private static readonly Dictionary<string, Schema> All = Sources.Below("tests/KubernetesTests/Schemas", ".yaml").Values
        .Select(text => Yaml.Document(text)).ToDictionary(Key, document => new Schema(document));

    // Of the envelope and of its own.
    private readonly JsonObject _fields = new(Envelope.Fields().Concat(document["fields"].Fields())
        .Select(field => KeyValuePair.Create(field.Key, field.Value?.DeepClone())));

    /// <summary>Null for a kind of Kubernetes' own.</summary>
    public static Schema? Find(JsonNode given) => All.GetValueOrDefault(Key(given));

    public IEnumerable<string> Violations(JsonNode given) => Check(given, _fields, "");

    private static string Key(JsonNode node) => $"{node["apiVersion"].Text()}/{node["kind"].Text()}";

    private static IEnumerable<string> Check(JsonNode? given, JsonNode type, string path) => (type, given) switch
    {
        (JsonObject fields, JsonObject map) => CheckFields(map, fields, path),
        (JsonArray element, JsonArray list) => list.SelectMany((item, index) => Check(item, element[0]!, $"{path}[{index}]")),
        (JsonValue name, _) when name.Text() == "any" || name.Text() == TypeOf(given) => [],
        _ => [$"{path} is {TypeOf(given)} instead of {type.ToJsonString()}"],
    };

    private static IEnumerable<string> CheckFields(JsonObject map, JsonObject fields, string path)
    {
        var missing = fields.Where(field => field.Key.EndsWith('!') && !map.ContainsKey(field.Key[..^1]))
            .Select(field => $"{path}.{field.Key[..^1]} is missing");
        return missing.Concat(map.SelectMany(field => TypeIn(fields, field.Key) is { } type
            ? Check(field.Value, type, $"{path}.{field.Key}")
            : [$"{path}.{field.Key} is unknown"]));
    }

    private static JsonNode? TypeIn(JsonObject fields, string name) => fields[name] ?? fields[$"{name}!"] ?? fields["*"];

    private static string TypeOf(JsonNode? node) => node?.GetValueKind() switch
    {
        JsonValueKind.String => "string",
        JsonValueKind.True or JsonValueKind.False => "boolean",
        JsonValueKind.Number => ((JsonValue)node).TryGetValue<long>(out _) ? "integer" : "number",
        JsonValueKind.Object => "object",
        JsonValueKind.Array => "list",
        _ => "nothing",
    };
}
