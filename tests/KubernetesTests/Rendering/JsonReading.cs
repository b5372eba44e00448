using System.Text.Json.Nodes;

namespace ImDapr.KubernetesTests.Rendering;

/// <summary>Reading what a kind may have and need not.</summary>
internal static class JsonReading
{
    public static string Text(this JsonNode? node) => node?.GetValue<string>() ?? throw new InvalidOperationException("A text is missing.");

    public static IEnumerable<JsonNode> Items(this JsonNode? node) => node is JsonArray list ? list.OfType<JsonNode>() : [];

    public static IEnumerable<string> Texts(this JsonNode? node) => node.Items().Select(Text);

    public static IEnumerable<KeyValuePair<string, JsonNode?>> Fields(this JsonNode? node) => node is JsonObject map ? map : [];

    /// <summary>The node and all below it.</summary>
    public static IEnumerable<JsonNode> Descendants(this JsonNode node) =>
        node.Fields().Select(field => field.Value).Concat(node.Items()).OfType<JsonNode>().SelectMany(Descendants).Prepend(node);
}
