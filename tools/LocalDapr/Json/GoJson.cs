using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace ImDapr.LocalDapr.Json;

/// <summary>JSON as Go writes it after it was decoded into a map: keys sorted, the last of a name, nothing between the parts.</summary>
internal static class GoJson
{
    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <param name="value">The value; its numbers are bent too.</param>
    /// <exception cref="JsonException">A number is beyond float64.</exception>
    public static byte[] Encode(JsonElement value)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, Plain))
            Write(json, value);
        return GoNumbers.Bend(buffer.WrittenSpan) ?? buffer.WrittenSpan.ToArray();
    }

    /// <summary>A member that maps names to texts.</summary>
    public static void WriteTexts(this Utf8JsonWriter json, string name, IReadOnlyDictionary<string, string> texts)
    {
        json.WriteStartObject(name);
        foreach (var (key, text) in texts)
            json.WriteString(key, text);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                json.WriteStartObject();
                foreach (var property in Properties(value))
                {
                    json.WritePropertyName(property.Key);
                    Write(json, property.Value);
                }
                json.WriteEndObject();
                break;
            case JsonValueKind.Array:
                json.WriteStartArray();
                foreach (var item in value.EnumerateArray())
                    Write(json, item);
                json.WriteEndArray();
                break;
            default:
                value.WriteTo(json);
                break;
        }
    }

    private static SortedDictionary<string, JsonElement> Properties(JsonElement value)
    {
        var properties = new SortedDictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach (var property in value.EnumerateObject())
            properties[property.Name] = property.Value;
        return properties;
    }
}
