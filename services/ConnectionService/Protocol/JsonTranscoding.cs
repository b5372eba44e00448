using System.Buffers;
using System.Text.Json;
using ImDapr.Contracts;
using MessagePack;

namespace ImDapr.ConnectionService.Protocol;

/// <summary>MessagePack to JSON and back, as far as JSON goes: what has no JSON form is refused, not guessed.</summary>
internal static class JsonTranscoding
{
    // As deep as the JSON reader goes. It also bounds the recursion here, whatever a hostile client nests.
    private const int MaxDepth = 64;

    public static void Write(ref MessagePackWriter writer, JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                writer.WriteMapHeader(element.GetPropertyCount());
                foreach (var property in element.EnumerateObject())
                {
                    writer.Write(property.Name);
                    Write(ref writer, property.Value);
                }
                break;
            case JsonValueKind.Array:
                writer.WriteArrayHeader(element.GetArrayLength());
                foreach (var item in element.EnumerateArray())
                    Write(ref writer, item);
                break;
            case JsonValueKind.String:
                writer.Write(element.GetString());
                break;
            case JsonValueKind.Number:
                WriteNumber(ref writer, element);
                break;
            case JsonValueKind.True or JsonValueKind.False:
                writer.Write(element.GetBoolean());
                break;
            default:
                writer.WriteNil();
                break;
        }
    }

    /// <exception cref="NotSupportedException">The value, or one inside it, has no JSON form; the message is for the caller.</exception>
    public static void Read(ref MessagePackReader reader, IBufferWriter<byte> json)
    {
        using var writer = new Utf8JsonWriter(json, new JsonWriterOptions { Encoder = ContractsJson.Wire.Encoder, SkipValidation = true });
        Read(ref reader, writer, 0);
    }

    /// <summary>Passes over one value without recursion: its depth is the client's choice.</summary>
    public static void Skip(ref MessagePackReader reader)
    {
        for (long left = 1; left > 0; left--)
        {
            if (reader.NextMessagePackType == MessagePackType.Array)
                left += reader.ReadArrayHeader();
            else if (reader.NextMessagePackType == MessagePackType.Map)
                left += 2L * reader.ReadMapHeader();
            else
                reader.Skip();
        }
    }

    private static void WriteNumber(ref MessagePackWriter writer, JsonElement number)
    {
        if (number.TryGetInt64(out var integer))
            writer.Write(integer);
        else if (number.TryGetUInt64(out var large))
            writer.Write(large);
        else
            writer.Write(number.GetDouble());
    }

    private static void Read(ref MessagePackReader reader, Utf8JsonWriter json, int depth)
    {
        if (depth > MaxDepth)
            throw new NotSupportedException($"The argument is nested deeper than {MaxDepth} levels.");
        switch (reader.NextMessagePackType)
        {
            case MessagePackType.Map:
                ReadMap(ref reader, json, depth);
                break;
            case MessagePackType.Array:
                ReadArray(ref reader, json, depth);
                break;
            case MessagePackType.Nil:
                reader.ReadNil();
                json.WriteNullValue();
                break;
            default:
                ReadScalar(ref reader, json);
                break;
        }
    }

    private static void ReadMap(ref MessagePackReader reader, Utf8JsonWriter json, int depth)
    {
        json.WriteStartObject();
        for (var left = reader.ReadMapHeader(); left > 0; left--)
        {
            if (reader.NextMessagePackType != MessagePackType.String)
                throw new NotSupportedException("The keys of a map are strings.");
            json.WritePropertyName(reader.ReadString()!);
            Read(ref reader, json, depth + 1);
        }
        json.WriteEndObject();
    }

    private static void ReadArray(ref MessagePackReader reader, Utf8JsonWriter json, int depth)
    {
        json.WriteStartArray();
        for (var left = reader.ReadArrayHeader(); left > 0; left--)
            Read(ref reader, json, depth + 1);
        json.WriteEndArray();
    }

    private static void ReadScalar(ref MessagePackReader reader, Utf8JsonWriter json)
    {
        switch (reader.NextMessagePackType)
        {
            case MessagePackType.String:
                json.WriteStringValue(reader.ReadString());
                break;
            case MessagePackType.Boolean:
                json.WriteBooleanValue(reader.ReadBoolean());
                break;
            case MessagePackType.Integer:
                ReadInteger(ref reader, json);
                break;
            case MessagePackType.Float:
                ReadFloat(ref reader, json);
                break;
            default:
                throw new NotSupportedException("Binary and extension values have no JSON form; use strings.");
        }
    }

    private static void ReadInteger(ref MessagePackReader reader, Utf8JsonWriter json)
    {
        if (reader.NextCode == MessagePackCode.UInt64)
            json.WriteNumberValue(reader.ReadUInt64());
        else
            json.WriteNumberValue(reader.ReadInt64());
    }

    private static void ReadFloat(ref MessagePackReader reader, Utf8JsonWriter json)
    {
        var isSingle = reader.NextCode == MessagePackCode.Float32;
        var value = reader.ReadDouble();
        if (!double.IsFinite(value))
            throw new NotSupportedException("Numbers are finite.");
        if (isSingle)
            json.WriteNumberValue((float)value);
        else
            json.WriteNumberValue(value);
    }
}
