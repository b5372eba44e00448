using System.Text.Json;

namespace ImDapr.LocalDapr.Expressions;

/// <summary>JSON as values of an expression; every number is a double, as Go decodes it.</summary>
internal static class CelJson
{
    /// <exception cref="JsonException">It is no JSON.</exception>
    public static object? Read(ReadOnlySpan<byte> json) => Value(JsonElement.Parse(json));

    private static object? Value(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => Map(element),
        JsonValueKind.Array => element.EnumerateArray().Select(Value).ToList(),
        JsonValueKind.String => element.GetString(),
        JsonValueKind.Number => element.GetDouble(),
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => null,
    };

    private static Dictionary<string, object?> Map(JsonElement element)
    {
        var map = new Dictionary<string, object?>();
        foreach (var property in element.EnumerateObject())
            map[property.Name] = Value(property.Value); // the last of a name wins
        return map;
    }
}
