using System.Buffers;
using System.Text.Json;
using ImDapr.Contracts;

namespace ImDapr.ConnectionService.Sending;

/// <summary>Writes <see cref="SendBatch"/> from sends that are JSON already.</summary>
internal static class SendBatchWriter
{
    /// <summary>The JSON of one send; null when a text in it is no Unicode (half of a surrogate pair).</summary>
    public static byte[]? TryWrite(SendCommand command)
    {
        try
        {
            return JsonSerializer.SerializeToUtf8Bytes(command, ContractsJson.Wire);
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    public static ReadOnlyMemory<byte> Write(IReadOnlyList<PendingSend> sends)
    {
        var buffer = new ArrayBufferWriter<byte>(sends.Sum(send => send.Json.Length + 1) + 16);
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { SkipValidation = true }))
        {
            writer.WriteStartObject();
            writer.WriteStartArray("sends");
            foreach (var send in sends)
                writer.WriteRawValue(send.Json, skipInputValidation: true);
            writer.WriteEndArray();
            writer.WriteEndObject();
        }
        return buffer.WrittenMemory;
    }
}
