using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace ImDapr.KubernetesTests.Rendering;

/// <summary>YAML as an API server gets it: JSON, in which a scalar without quotes has the type that YAML 1.1 gives it.</summary>
internal static partial class Yaml
{
    public static IReadOnlyList<JsonNode> Documents(string text)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(text));
        return [.. stream.Documents.Select(document => Json(document.RootNode)).OfType<JsonNode>()];
    }

    public static JsonNode Document(string text) => Documents(text).Single();

    private static JsonNode? Json(YamlNode node) => node switch
    {
        YamlMappingNode map => new JsonObject(map.Children.Select(field => KeyValuePair.Create(((YamlScalarNode)field.Key).Value!, Json(field.Value)))),
        YamlSequenceNode list => new JsonArray([.. list.Children.Select(Json)]),
        YamlScalarNode { Style: ScalarStyle.Plain } plain => Scalar(plain.Value ?? ""),
        _ => JsonValue.Create(((YamlScalarNode)node).Value),
    };

    private static JsonValue? Scalar(string text) => text switch
    {
        "" or "~" or "null" => null,
        _ when Truths().IsMatch(text) => JsonValue.Create(true),
        _ when Untruths().IsMatch(text) => JsonValue.Create(false),
        _ when Integers().IsMatch(text) => JsonValue.Create(long.Parse(text, CultureInfo.InvariantCulture)),
        _ when Fractions().IsMatch(text) => JsonValue.Create(double.Parse(text, CultureInfo.InvariantCulture)),
        _ => JsonValue.Create(text),
    };

    [GeneratedRegex(@"\A(true|yes|on|y)\z", RegexOptions.IgnoreCase)]
    private static partial Regex Truths();

    [GeneratedRegex(@"\A(false|no|off|n)\z", RegexOptions.IgnoreCase)]
    private static partial Regex Untruths();

    [GeneratedRegex(@"\A[-+]?[0-9]+\z")]
    private static partial Regex Integers();

    [GeneratedRegex(@"\A[-+]?([0-9]+\.[0-9]*|\.?[0-9]+)([eE][-+]?[0-9]+)?\z")]
    private static partial Regex Fractions();
}
