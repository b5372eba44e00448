using System.Buffers;
using System.Globalization;
using System.Text.Json;

namespace ImDapr.LocalDapr.PubSub;

/// <summary>The CloudEvents envelope that daprd puts around what an app publishes (dapr-contract 3.2).</summary>
public static class CloudEvent
{
    public const string ContentType = "application/cloudevents+json";

    private static readonly JsonWriterOptions Plain = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <param name="publish">What the app handed over.</param>
    /// <param name="source">App id of the publisher.</param>
    /// <param name="time">Clock.</param>
    public static byte[] Wrap(Publication publish, string source, TimeProvider time)
    {
        var buffer = new ArrayBufferWriter<byte>(publish.Data.Length + 512);
        using (var json = new Utf8JsonWriter(buffer, Plain))
        {
            json.WriteStartObject();
            json.WriteString("id", publish.Override("id") ?? Guid.NewGuid().ToString());
            json.WriteString("specversion", "1.0");
            json.WriteString("datacontenttype", publish.ContentType);
            json.WriteString("source", publish.Override("source") ?? source);
            json.WriteString("type", publish.Override("type") ?? "com.dapr.event.sent");
            json.WriteString("topic", publish.Topic);
            json.WriteString("pubsubname", publish.PubSub);
            WriteTrace(json, publish);
            json.WriteString("time", time.GetLocalNow().ToString("yyyy-MM-ddTHH:mm:ssK", CultureInfo.InvariantCulture));
            if (publish.Override("subject") is { } subject)
                json.WriteString("subject", subject);
            if (publish.Expiration(time) is { } expiration)
                json.WriteString("expiration", expiration);
            WriteData(json, publish);
            json.WriteEndObject();
        }
        return buffer.WrittenSpan.ToArray();
    }

    private static void WriteTrace(Utf8JsonWriter json, Publication publish)
    {
        var parent = publish.Override("traceparent") ?? publish.TraceParent ?? "";
        json.WriteString("traceid", publish.Override("traceid") ?? parent);
        json.WriteString("traceparent", parent);
        json.WriteString("tracestate", publish.Override("tracestate") ?? publish.TraceState ?? "");
    }

    private static void WriteData(Utf8JsonWriter json, Publication publish)
    {
        var mediaType = publish.ContentType.Split(';')[0].Trim();
        if (mediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase) && IsJson(publish.Data))
        {
            json.WritePropertyName("data");
            json.WriteRawValue(publish.Data, skipInputValidation: true);
        }
        else if (mediaType.Equals("application/octet-stream", StringComparison.OrdinalIgnoreCase))
        {
            json.WriteBase64String("data_base64", publish.Data);
        }
        else
        {
            json.WriteString("data", publish.Data);
        }
    }

    private static bool IsJson(byte[] data)
    {
        try
        {
            var reader = new Utf8JsonReader(data);
            while (reader.Read())
            {
                // Reading to the end is the check.
            }
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}

/// <summary>One publish call.</summary>
public sealed record Publication(
    string PubSub, string Topic, byte[] Data, string ContentType, IReadOnlyDictionary<string, string> Metadata, string? TraceParent, string? TraceState)
{
    public bool IsRaw => Find("rawPayload") is { } raw && bool.TryParse(raw, out var value) && value;

    public string? Override(string field) => Find($"cloudevent.{field}");

    /// <summary>When <c>ttlInSeconds</c> was given: the end of the message's life, RFC 3339 in UTC.</summary>
    public string? Expiration(TimeProvider time) =>
        int.TryParse(Find("ttlInSeconds"), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            ? time.GetUtcNow().AddSeconds(seconds).ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture)
            : null;

    private string? Find(string name) =>
        Metadata.FirstOrDefault(pair => pair.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Value;
}
