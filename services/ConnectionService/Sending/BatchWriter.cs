using System.Buffers;
using System.Text.Json;
using ImDapr.Contracts;

namespace ImDapr.ConnectionService.Sending;

/// <summary>Writes a batch, an object with one array, from calls that are JSON already.</summary>
internal static class BatchWriter
{
    // The body stands two levels deep in a command.
    private static readonly JsonSerializerOptions Json = new(ContractsJson.Wire) { MaxDepth = Limits.BodyDepth + 2 };

    /// <summary>
    /// The JSON of one send; null when it cannot be written: a text in it is no Unicode (half of a surrogate pair), or its body is nested
    /// deeper than <see cref="Limits.BodyDepth"/>. Either would spoil the whole batch, and later every page that the message stands in.
    /// </summary>
    public static byte[]? TryWrite(SendCommand command)
    {
        try
        {
            return JsonSerializer.SerializeToUtf8Bytes(command, Json);
        }
        catch (Exception unwritable) when (unwritable is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    public static ReadOnlyMemory<byte> Write<T>(string name, IReadOnlyList<PendingCall<T>> calls)
        where T : class
    {
        var buffer = new ArrayBufferWriter<byte>(calls.Sum(call => call.Json.Length + 1) + 16);
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { SkipValidation = true }))
        {
            writer.WriteStartObject();
            writer.WriteStartArray(name);
            foreach (var call in calls)
                writer.WriteRawValue(call.Json, skipInputValidation: true);
            writer.WriteEndArray();
            writer.WriteEndObject();
        }
        return buffer.WrittenMemory;
    }
}
