using System.Buffers;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ImDapr.LocalDapr.PubSub;

/// <summary>The CloudEvents envelope that daprd puts around what an app publishes (dapr-contract 3.2).</summary>
public static class CloudEvent
{
    public const string ContentType = "application/cloudevents+json";

    private const string DefaultSource = "Dapr";
    private const string DefaultType = "com.dapr.event.sent";
    private const string SpecVersion = "1.0";
    private static readonly JsonWriterOptions Plain = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };
    private static readonly JsonSerializerOptions PlainNodes = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <param name="publish">What the app handed over.</param>
    /// <param name="source">App id of the publisher.</param>
    /// <param name="time">Clock.</param>
    /// <exception cref="JsonException">It says that it is an event already, and is none.</exception>
    public static byte[] Wrap(Publication publish, string source, TimeProvider time) =>
        MediaType(publish.ContentType).Equals(ContentType, StringComparison.OrdinalIgnoreCase) ? Complete(publish, time) : Create(publish, source, time);

    /// <summary>What a subscriber with <c>rawPayload</c> gets: bytes of nobody knows what, in an envelope without trace or time.</summary>
    public static byte[] WrapRaw(string pubsub, string topic, ReadOnlySpan<byte> data, IReadOnlyDictionary<string, string> metadata)
    {
        var buffer = new ArrayBufferWriter<byte>(data.Length * 4 / 3 + 512);
        using (var json = new Utf8JsonWriter(buffer, Plain))
        {
            json.WriteStartObject();
            json.WriteString("id", Guid.NewGuid().ToString());
            json.WriteString("specversion", SpecVersion);
            json.WriteString("datacontenttype", "application/octet-stream");
            json.WriteString("source", DefaultSource);
            json.WriteString("type", DefaultType);
            json.WriteString("topic", topic);
            json.WriteString("pubsubname", pubsub);
            var parent = metadata.GetValueOrDefault("traceparent");
            if ((parent ?? metadata.GetValueOrDefault("traceid")) is { } trace)
                json.WriteString("traceid", trace);
            if (parent is not null)
                json.WriteString("traceparent", parent);
            if (metadata.TryGetValue("tracestate", out var state))
                json.WriteString("tracestate", state);
            json.WriteBase64String("data_base64", data);
            json.WriteEndObject();
        }
        return buffer.WrittenSpan.ToArray();
    }

    private static byte[] Create(Publication publish, string source, TimeProvider time)
    {
        var contentType = publish.ContentType.Length == 0 ? "text/plain" : publish.ContentType;
        var trace = publish.Override("traceparent") ?? publish.Override("traceid") ?? publish.TraceParent ?? "";
        var buffer = new ArrayBufferWriter<byte>(publish.Data.Length + 512);
        using (var json = new Utf8JsonWriter(buffer, Plain))
        {
            json.WriteStartObject();
            json.WriteString("id", publish.Override("id") ?? Guid.NewGuid().ToString());
            json.WriteString("specversion", SpecVersion);
            json.WriteString("datacontenttype", contentType);
            json.WriteString("source", publish.Override("source") ?? source);
            json.WriteString("type", publish.Override("type") ?? DefaultType);
            json.WriteString("topic", publish.Topic);
            json.WriteString("pubsubname", publish.PubSub);
            json.WriteString("traceid", trace);
            json.WriteString("traceparent", trace);
            json.WriteString("tracestate", publish.Override("tracestate") ?? publish.TraceState ?? "");
            json.WriteString("time", Now(time));
            if (publish.Override("subject") is { } subject)
                json.WriteString("subject", subject);
            if (publish.Expiration(time) is { } expiration)
                json.WriteString("expiration", expiration);
            WriteData(json, contentType, publish.Data);
            json.WriteEndObject();
        }
        return buffer.WrittenSpan.ToArray();
    }

    // The publisher's own event: what it lacks is filled in, where it goes is overwritten, its id is its own affair.
    private static byte[] Complete(Publication publish, TimeProvider time)
    {
        var json = JsonNode.Parse(publish.Data) as JsonObject ?? throw new JsonException("an event is a JSON object");
        if (!json.ContainsKey("time"))
            json["time"] = Now(time);
        if (!json.ContainsKey("traceid"))
            (json["traceid"], json["traceparent"]) = (publish.TraceParent ?? "", publish.TraceParent ?? "");
        if (!json.ContainsKey("tracestate"))
            json["tracestate"] = publish.TraceState ?? "";
        (json["topic"], json["pubsubname"]) = (publish.Topic, publish.PubSub);
        json["source"] ??= DefaultSource;
        json["type"] ??= DefaultType;
        json["specversion"] ??= SpecVersion;
        if (publish.Expiration(time) is { } expiration)
            json["expiration"] = expiration;
        return JsonSerializer.SerializeToUtf8Bytes(json, PlainNodes);
    }

    private static string Now(TimeProvider time) => time.GetLocalNow().ToString("yyyy-MM-ddTHH:mm:ssK", CultureInfo.InvariantCulture);

    private static string MediaType(string contentType) => contentType.Split(';')[0].Trim();

    private static void WriteData(Utf8JsonWriter json, string contentType, byte[] data)
    {
        var mediaType = MediaType(contentType);
        if (mediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase) && IsJson(data))
        {
            json.WritePropertyName("data");
            json.WriteRawValue(data, skipInputValidation: true);
        }
        else if (mediaType.Equals("application/octet-stream", StringComparison.OrdinalIgnoreCase)
            || mediaType.Equals("application/cloudevents+protobuf", StringComparison.OrdinalIgnoreCase))
        {
            json.WriteBase64String("data_base64", data);
        }
        else
        {
            json.WriteString("data", data);
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
