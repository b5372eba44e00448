using System.Buffers;
using System.Text.Json;
using ImDapr.Contracts;
using MessagePack;
using MessagePack.Formatters;

namespace ImDapr.ConnectionService.Protocol;

/// <summary>Writes and reads a type by way of its JSON.</summary>
internal sealed class JsonShapedFormatter<T> : IMessagePackFormatter<T?>
{
    public void Serialize(ref MessagePackWriter writer, T? value, MessagePackSerializerOptions options) =>
        JsonTranscoding.Write(ref writer, JsonSerializer.SerializeToElement(value, ContractsJson.Wire));

    public T? Deserialize(ref MessagePackReader reader, MessagePackSerializerOptions options)
    {
        var json = new ArrayBufferWriter<byte>();
        JsonTranscoding.Read(ref reader, json);
        return JsonSerializer.Deserialize<T>(json.WrittenSpan, ContractsJson.Wire);
    }
}

/// <summary>Reads an argument whatever its shape is, so that the calls after it can be read too.</summary>
internal sealed class ArgumentFormatter<T> : IMessagePackFormatter<Argument<T>> where T : class
{
    public void Serialize(ref MessagePackWriter writer, Argument<T> value, MessagePackSerializerOptions options) =>
        JsonTranscoding.Write(ref writer, JsonSerializer.SerializeToElement(value.Value, ContractsJson.Wire));

    public Argument<T> Deserialize(ref MessagePackReader reader, MessagePackSerializerOptions options)
    {
        var start = reader;
        var json = new ArrayBufferWriter<byte>();
        try
        {
            JsonTranscoding.Read(ref reader, json);
        }
        catch (NotSupportedException noJson)
        {
            reader = start;
            JsonTranscoding.Skip(ref reader);
            return Argument<T>.Wrong(noJson.Message);
        }
        var text = new Utf8JsonReader(json.WrittenSpan);
        text.Read();
        return Argument<T>.Read(ref text);
    }
}
