using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace ImDapr.LocalDapr.Actors;

/// <summary>
/// What daprd does to numbers in actor state: it reads them as float64 and writes them as Go's encoding/json does, so an integer beyond 2^53 comes
/// back as another one. Everything else passes unchanged.
/// </summary>
public static class GoNumbers
{
    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    public static byte[] Bend(JsonElement value)
    {
        var text = Encoding.UTF8.GetBytes(value.GetRawText());
        return HasNumber(text) ? Rewrite(text) : text;
    }

    private static bool HasNumber(byte[] json)
    {
        var reader = new Utf8JsonReader(json);
        while (reader.Read())
        {
            if (reader.TokenType == JsonTokenType.Number)
                return true;
        }
        return false;
    }

    private static byte[] Rewrite(byte[] json)
    {
        var buffer = new ArrayBufferWriter<byte>(json.Length);
        using var writer = new Utf8JsonWriter(buffer, Plain);
        var reader = new Utf8JsonReader(json);
        while (reader.Read())
            Copy(ref reader, writer);
        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    private static void Copy(ref Utf8JsonReader reader, Utf8JsonWriter writer)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject: writer.WriteStartObject(); break;
            case JsonTokenType.EndObject: writer.WriteEndObject(); break;
            case JsonTokenType.StartArray: writer.WriteStartArray(); break;
            case JsonTokenType.EndArray: writer.WriteEndArray(); break;
            case JsonTokenType.PropertyName: writer.WritePropertyName(reader.GetString()!); break;
            case JsonTokenType.String: writer.WriteStringValue(reader.GetString()); break;
            case JsonTokenType.Number: writer.WriteRawValue(Format(reader.GetDouble()), skipInputValidation: true); break;
            case JsonTokenType.True: writer.WriteBooleanValue(true); break;
            case JsonTokenType.False: writer.WriteBooleanValue(false); break;
            default: writer.WriteNullValue(); break;
        }
    }

    /// <summary>The shortest digits that read back as the same double; an exponent below 1e-6 and from 1e21 on.</summary>
    public static string Format(double number)
    {
        var size = Math.Abs(number);
        if (size != 0 && (size < 1e-6 || size >= 1e21))
            return Exponent(number.ToString("R", CultureInfo.InvariantCulture));
        var text = number.ToString("R", CultureInfo.InvariantCulture);
        // decimal holds every shortest form in this range without an exponent.
        return text.Contains('E', StringComparison.Ordinal)
            ? decimal.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture).ToString(CultureInfo.InvariantCulture)
            : text;
    }

    // .NET writes 1E+21 and 1E-07, Go writes 1e+21 and 1e-7.
    private static string Exponent(string text) =>
        text.Replace("E-0", "e-", StringComparison.Ordinal).Replace('E', 'e');
}
