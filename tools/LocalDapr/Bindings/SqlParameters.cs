using System.Text.Json;

namespace ImDapr.LocalDapr.Bindings;

/// <summary>The metadata value <c>params</c>: a JSON array, read as Go reads it, with every number a double.</summary>
internal static class SqlParameters
{
    /// <exception cref="BindingException">It is no array of strings, numbers, booleans and nulls.</exception>
    public static object?[] Parse(string? json)
    {
        if (string.IsNullOrEmpty(json))
            return [];
        try
        {
            var array = JsonElement.Parse(json);
            if (array.ValueKind == JsonValueKind.Null)
                return [];
            return array.ValueKind == JsonValueKind.Array ? [.. array.EnumerateArray().Select(Value)] : throw new JsonException("it is no array");
        }
        catch (JsonException error)
        {
            throw new BindingException($"invalid metadata property params: failed to unserialize into an array: {error.Message}", error);
        }
    }

    private static object? Value(JsonElement value, int index) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString(),
        JsonValueKind.Number => value.GetDouble(),
        JsonValueKind.True => 1L,
        JsonValueKind.False => 0L,
        JsonValueKind.Null => null,
        JsonValueKind.Array => throw Unsupported(index, "[]interface {}, a slice of interface"),
        _ => throw Unsupported(index, "map[string]interface {}, a map"),
    };

    private static BindingException Unsupported(int index, string type) =>
        new($"error executing query: sql: converting argument ${index + 1} type: unsupported type {type}");
}
