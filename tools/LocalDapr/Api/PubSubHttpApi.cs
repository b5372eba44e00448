using System.Runtime.InteropServices;
using System.Text.Json;
using ImDapr.LocalDapr.PubSub;

namespace ImDapr.LocalDapr.Api;

/// <summary>Publishing over HTTP (dapr-contract 3.1, 3.5).</summary>
internal static class PubSubHttpApi
{
    // Without a topic the path is none of these, as in daprd.
    public static void MapPubSub(this IEndpointRouteBuilder routes, SidecarBlocks blocks)
    {
        string[] writes = ["POST", "PUT"];
        routes.MapMethods("/v1.0/publish/{pubsub}/{**topic:minlength(1)}", writes, context => PublishAsync(context, blocks));
        routes.MapMethods("/v1.0/publish/bulk/{pubsub}/{**topic:minlength(1)}", writes, context => PublishManyAsync(context, blocks));
        routes.MapMethods("/v1.0-alpha1/publish/bulk/{pubsub}/{**topic:minlength(1)}", writes, context => PublishManyAsync(context, blocks));
    }

    private static async Task PublishAsync(HttpContext context, SidecarBlocks blocks)
    {
        var (pubsub, topic) = Names(context);
        var block = blocks.PubSub(pubsub, topic);
        var publication = Publication(
            context, pubsub, topic, await BodyAsync(context, pubsub, topic), context.Request.ContentType, HttpRequestReader.MetadataOf(context), context.Request.Headers.TraceParent);
        await block.PublishAsync(publication, isGrpc: false, context.RequestAborted);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private static async Task PublishManyAsync(HttpContext context, SidecarBlocks blocks)
    {
        var (pubsub, topic) = Names(context);
        var block = blocks.PubSub(pubsub, topic);
        var metadata = HttpRequestReader.MetadataOf(context);
        var entries = (await EntriesAsync(context, pubsub, topic)).Select(entry => Entry(context, pubsub, topic, entry, metadata)).ToList();
        try
        {
            await block.PublishManyAsync(topic, entries, metadata, isGrpc: false, context.RequestAborted);
            context.Response.StatusCode = StatusCodes.Status204NoContent;
        }
        catch (BulkPublishError error)
        {
            context.Response.StatusCode = error.Error.Http;
            await context.Response.WriteAsJsonAsync(
                new { failedEntries = error.Failed.Select(entry => new { entryId = entry.Id, error = entry.Error }), errorCode = error.Error.Code },
                context.RequestAborted);
        }
    }

    private static (string PubSub, string Topic) Names(HttpContext context) =>
        ((string)context.Request.RouteValues["pubsub"]!, (string?)context.Request.RouteValues["topic"] ?? "");

    private static async Task<byte[]> BodyAsync(HttpContext context, string pubsub, string topic)
    {
        try
        {
            return await HttpRequestReader.BytesAsync(context);
        }
        catch (BadHttpRequestException exception)
        {
            throw new DaprError(
                Grpc.Core.StatusCode.Internal, 500, "ERR_PUBSUB_PUBLISH_MESSAGE", $"error when publishing to topic {topic} in pubsub {pubsub}: {exception.Message}",
                exception, "DAPR_PUBSUB_PUBLISH_MESSAGE");
        }
    }

    private static async Task<List<JsonElement>> EntriesAsync(HttpContext context, string pubsub, string topic)
    {
        try
        {
            return [.. (await HttpRequestReader.JsonAsync(context, JsonValueKind.Array)).EnumerateArray()];
        }
        catch (DaprError error)
        {
            throw new DaprError(
                Grpc.Core.StatusCode.InvalidArgument, 400, "ERR_PUBSUB_EVENTS_SER",
                $"error when unmarshaling the request for topic {topic} pubsub {pubsub}: {error.Message}", error, "DAPR_PUBSUB_UNMARSHAL_EVENTS");
        }
    }

    // Metadata of the request reach an entry only if it has some itself; its own win.
    private static BulkEntry Entry(HttpContext context, string pubsub, string topic, JsonElement entry, Dictionary<string, string> metadata)
    {
        var own = entry.Texts("metadata");
        foreach (var (name, value) in entry.Member("metadata") is null ? [] : metadata)
            own.TryAdd(name, value);
        var contentType = entry.Text("contentType");
        return new BulkEntry(entry.Text("entryId") ?? "", Publication(
            context, pubsub, topic, Payload(entry, contentType ?? "", pubsub, topic), contentType, own, TraceContext.Child(context.Request.Headers.TraceParent)));
    }

    private static byte[] Payload(JsonElement entry, string contentType, string pubsub, string topic)
    {
        if (!entry.TryGetProperty("event", out var payload))
            payload = JsonElement.Parse("null"u8);
        var mediaType = contentType.Split(';')[0].Trim().ToLowerInvariant();
        try
        {
            return mediaType switch
            {
                "application/octet-stream" or "application/cloudevents+protobuf" when payload.ValueKind == JsonValueKind.String => payload.GetBytesFromBase64(),
                "application/json" or "application/cloudevents+json" => JsonMarshal.GetRawUtf8Value(payload).ToArray(),
                _ when (mediaType.StartsWith("text/", StringComparison.Ordinal) || mediaType == "application/xml") && payload.ValueKind == JsonValueKind.String =>
                    System.Text.Encoding.UTF8.GetBytes(payload.GetString()!),
                _ => throw new FormatException("content type mismatch"),
            };
        }
        catch (FormatException exception)
        {
            throw new DaprError(
                Grpc.Core.StatusCode.InvalidArgument, 400, "ERR_PUBSUB_EVENTS_SER",
                $"error when marshalling cloud event envelope for topic {topic} pubsub {pubsub}: {exception.Message}", exception, "DAPR_PUBSUB_MARSHAL_ENVELOPE");
        }
    }

    private static Publication Publication(
        HttpContext context, string pubsub, string topic, byte[] data, string? contentType, Dictionary<string, string> metadata, string? parent) =>
        new(pubsub, topic, data, contentType ?? "", metadata, parent, context.Request.Headers.TraceState.ToString());
}
