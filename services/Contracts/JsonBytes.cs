using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace ImDapr.Contracts;

/// <summary>Writes JSON with one buffer for each thread: what remains of a write is its result.</summary>
internal static class JsonBytes
{
    // Larger ones are rare, and are not kept.
    private const int MostKept = 1024 * 1024;

    // Chat is not HTML: see ContractsJson.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    [ThreadStatic]
    private static ArrayBufferWriter<byte>? _buffer;

    [ThreadStatic]
    private static Utf8JsonWriter? _writer;

    public static byte[] Write<T>(T value, JsonSerializerOptions options)
    {
        // Taken out meanwhile: a converter may write something of its own.
        var (buffer, writer) = (_buffer ?? new ArrayBufferWriter<byte>(1024), _writer);
        (_buffer, _writer) = (null, null);
        buffer.ResetWrittenCount();
        if (writer is null)
            writer = new Utf8JsonWriter(buffer, Options);
        else
            writer.Reset(buffer);
        JsonSerializer.Serialize(writer, value, options);
        writer.Flush();
        var written = buffer.WrittenSpan.ToArray();
        if (buffer.Capacity <= MostKept)
            (_buffer, _writer) = (buffer, writer);
        return written;
    }
}
