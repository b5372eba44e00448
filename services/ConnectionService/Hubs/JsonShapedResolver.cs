using System.Buffers;
using System.Text.Json;
using ImDapr.Contracts;
using MessagePack;
using MessagePack.Formatters;
using MessagePack.Resolvers;

namespace ImDapr.ConnectionService.Hubs;

/// <summary>MessagePack in the very shape of the JSON protocol: what is ours is written as the map that its JSON would be.</summary>
public sealed class JsonShapedResolver : IFormatterResolver
{
    public static readonly JsonShapedResolver Instance = new();

    public IMessagePackFormatter<T>? GetFormatter<T>() => Cache<T>.Formatter;

    private static class Cache<T>
    {
        public static readonly IMessagePackFormatter<T>? Formatter = IsOurs(typeof(T)) ? new JsonShapedFormatter<T>() : StandardResolver.Instance.GetFormatter<T>();

        private static bool IsOurs(Type type) =>
            type.Assembly == typeof(Message).Assembly
            || (type.IsArray && IsOurs(type.GetElementType()!))
            || (type.IsGenericType && (type.GetGenericTypeDefinition() == typeof(Argument<>) || type.GetGenericArguments().Any(IsOurs)));
    }
}

/// <summary>Writes a value as its JSON would be, token by token.</summary>
internal sealed class JsonShapedFormatter<T> : IMessagePackFormatter<T>
{
    private static readonly JsonSerializerOptions Options = new(ContractsJson.Wire) { Converters = { new ArgumentConverterFactory() } };

    public void Serialize(ref MessagePackWriter writer, T value, MessagePackSerializerOptions options)
    {
        using var json = JsonSerializer.SerializeToDocument(value, Options);
        Write(ref writer, json.RootElement);
    }

    public T Deserialize(ref MessagePackReader reader, MessagePackSerializerOptions options)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
            Read(ref reader, json, options);
        return JsonSerializer.Deserialize<T>(buffer.WrittenSpan, Options)!;
    }

    private static void Write(ref MessagePackWriter writer, JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                writer.WriteMapHeader(value.GetPropertyCount());
                foreach (var property in value.EnumerateObject())
                {
                    writer.Write(property.Name);
                    Write(ref writer, property.Value);
                }
                break;
            case JsonValueKind.Array:
                writer.WriteArrayHeader(value.GetArrayLength());
                foreach (var item in value.EnumerateArray())
                    Write(ref writer, item);
                break;
            case JsonValueKind.String: writer.Write(value.GetString()); break;
            case JsonValueKind.Number when value.TryGetInt64(out var whole): writer.Write(whole); break;
            case JsonValueKind.Number: writer.Write(value.GetDouble()); break;
            case JsonValueKind.True or JsonValueKind.False: writer.Write(value.GetBoolean()); break;
            default: writer.WriteNil(); break;
        }
    }

    private static void Read(ref MessagePackReader reader, Utf8JsonWriter json, MessagePackSerializerOptions options)
    {
        // Bounds how deep a hostile message may nest.
        options.Security.DepthStep(ref reader);
        ReadValue(ref reader, json, options);
        reader.Depth--;
    }

    private static void ReadValue(ref MessagePackReader reader, Utf8JsonWriter json, MessagePackSerializerOptions options)
    {
        switch (reader.NextMessagePackType)
        {
            case MessagePackType.Map: ReadMap(ref reader, json, options); break;
            case MessagePackType.Array:
                json.WriteStartArray();
                for (var count = reader.ReadArrayHeader(); count > 0; count--)
                    Read(ref reader, json, options);
                json.WriteEndArray();
                break;
            case MessagePackType.String: json.WriteStringValue(reader.ReadString()); break;
            case MessagePackType.Integer when reader.NextCode == MessagePackCode.UInt64: json.WriteNumberValue(reader.ReadUInt64()); break;
            case MessagePackType.Integer: json.WriteNumberValue(reader.ReadInt64()); break;
            case MessagePackType.Float: json.WriteNumberValue(reader.ReadDouble()); break;
            case MessagePackType.Boolean: json.WriteBooleanValue(reader.ReadBoolean()); break;
            case MessagePackType.Nil:
                reader.ReadNil();
                json.WriteNullValue();
                break;
            case var other: throw new MessagePackSerializationException($"{other} has no place in this protocol");
        }
    }

    private static void ReadMap(ref MessagePackReader reader, Utf8JsonWriter json, MessagePackSerializerOptions options)
    {
        json.WriteStartObject();
        for (var count = reader.ReadMapHeader(); count > 0; count--)
        {
            json.WritePropertyName(reader.ReadString() ?? throw new MessagePackSerializationException("A map key is not text"));
            Read(ref reader, json, options);
        }
        json.WriteEndObject();
    }
}
