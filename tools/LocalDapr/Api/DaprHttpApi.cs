using System.Text.Json;
using System.Text.Json.Nodes;
using ImDapr.LocalDapr.Bindings;
using ImDapr.LocalDapr.PubSub;
using ImDapr.LocalDapr.State;
using Microsoft.AspNetCore.Http.Extensions;

namespace ImDapr.LocalDapr.Api;

/// <summary>Dapr's HTTP API of one sidecar, but for actors.</summary>
public static class DaprHttpApi
{
    public static void MapDaprHttp(this IEndpointRouteBuilder routes, SidecarBlocks blocks, SidecarMetadata metadata)
    {
        routes.MapGet("/v1.0/metadata", () => Results.Json(metadata.ToJson()));
        routes.MapPut("/v1.0/metadata/{key}", async (string key, HttpContext context) =>
        {
            using var reader = new StreamReader(context.Request.Body);
            metadata.Set(key, await reader.ReadToEndAsync(context.RequestAborted));
            return Results.NoContent();
        });
        routes.Map("/v1.0/invoke/{appId}/method/{**path}", (HttpContext context, string appId) =>
            blocks.Invocation.ForwardAsync(context, appId, PathAfter(context, "/method/")));
        MapState(routes, blocks);
        routes.MapMethods("/v1.0/publish/{pubsub}/{**topic}", ["POST", "PUT"], (HttpContext context, string pubsub, string topic) =>
            PublishAsync(context, blocks, pubsub, topic));
        routes.MapMethods("/v1.0/bindings/{name}", ["POST", "PUT"], (HttpContext context, string name) => BindAsync(context, blocks, name));
    }

    private static void MapState(IEndpointRouteBuilder routes, SidecarBlocks blocks)
    {
        routes.MapGet("/v1.0/state/{store}/{key}", async (HttpContext context, string store, string key) =>
        {
            var entry = await blocks.State(store).GetAsync(key, context.RequestAborted);
            if (entry is null)
                return Results.NoContent();
            context.Response.Headers.ETag = entry.ETag;
            foreach (var (name, value) in entry.Metadata ?? new Dictionary<string, string>())
                context.Response.Headers[$"metadata.{name}"] = value;
            return Results.Bytes(entry.Value, "application/json");
        });
        routes.MapMethods("/v1.0/state/{store}", ["POST", "PUT"], async (HttpContext context, string store) =>
        {
            var items = (await JsonAsync(context)).AsArray();
            await blocks.State(store).WriteAsync([.. items.Select(item => Upsert(item!))], context.RequestAborted);
            return Results.NoContent();
        });
        routes.MapDelete("/v1.0/state/{store}/{key}", async (HttpContext context, string store, string key) =>
        {
            var etag = context.Request.Headers.IfMatch.ToString();
            await blocks.State(store).WriteAsync([new StateWrite(key, null, etag, StateConcurrency.Unspecified, null)], context.RequestAborted);
            return Results.NoContent();
        });
        routes.MapMethods("/v1.0/state/{store}/transaction", ["POST", "PUT"], async (HttpContext context, string store) =>
        {
            var operations = (await JsonAsync(context))["operations"]!.AsArray();
            List<StateWrite> writes = [.. operations.Select(operation => (string?)operation!["operation"] == "delete"
                ? Upsert(operation["request"]!) with { Value = null }
                : Upsert(operation["request"]!))];
            await blocks.State(store).TransactAsync(writes, context.RequestAborted);
            return Results.NoContent();
        });
    }

    private static StateWrite Upsert(JsonNode item) => new(
        (string?)item["key"] ?? "",
        item["value"] is { } value ? JsonSerializer.SerializeToUtf8Bytes(value) : [],
        (string?)item["etag"],
        (string?)item["options"]?["concurrency"] switch
        {
            "first-write" => StateConcurrency.FirstWrite,
            "last-write" => StateConcurrency.LastWrite,
            _ => StateConcurrency.Unspecified,
        },
        (string?)item["metadata"]?["ttlInSeconds"] is { } ttl ? int.Parse(ttl, System.Globalization.CultureInfo.InvariantCulture) : null);

    private static async Task<IResult> PublishAsync(HttpContext context, SidecarBlocks blocks, string pubsub, string topic)
    {
        var data = await BytesAsync(context);
        var publication = new Publication(
            pubsub, topic, data, context.Request.ContentType ?? "text/plain", MetadataOf(context),
            context.Request.Headers.TraceParent, context.Request.Headers.TraceState);
        await blocks.PubSub(pubsub, topic).PublishAsync(publication, context.RequestAborted);
        return Results.NoContent();
    }

    private static async Task<IResult> BindAsync(HttpContext context, SidecarBlocks blocks, string name)
    {
        var json = await JsonAsync(context);
        var metadata = json["metadata"]?.AsObject().ToDictionary(pair => pair.Key, pair => pair.Value!.ToString()) ?? [];
        var data = json["data"] is { } value ? JsonSerializer.SerializeToUtf8Bytes(value) : [];
        var result = await blocks.Binding(name).InvokeAsync(new BindingCall((string?)json["operation"] ?? "", data, metadata), context.RequestAborted);
        foreach (var (key, text) in result.Metadata)
            context.Response.Headers[$"metadata.{key}"] = text.ReplaceLineEndings(" ");
        return result.Data is null ? Results.NoContent() : Results.Bytes(result.Data, "application/json");
    }

    private static Dictionary<string, string> MetadataOf(HttpContext context) =>
        context.Request.Query.Where(pair => pair.Key.StartsWith("metadata.", StringComparison.Ordinal))
            .ToDictionary(pair => pair.Key["metadata.".Length..], pair => pair.Value.ToString());

    private static async Task<JsonNode> JsonAsync(HttpContext context)
    {
        try
        {
            return await JsonNode.ParseAsync(context.Request.Body, cancellationToken: context.RequestAborted) ?? throw new JsonException("empty");
        }
        catch (JsonException exception)
        {
            throw new DaprError(Grpc.Core.StatusCode.InvalidArgument, 400, "ERR_MALFORMED_REQUEST", $"failed deserializing HTTP body: {exception.Message}", exception);
        }
    }

    private static async Task<byte[]> BytesAsync(HttpContext context)
    {
        using var buffer = new MemoryStream();
        await context.Request.Body.CopyToAsync(buffer, context.RequestAborted);
        return buffer.ToArray();
    }

    /// <summary>The rest of the path as it was sent, still escaped, with its query.</summary>
    private static string PathAfter(HttpContext context, string marker)
    {
        var target = context.Request.GetEncodedPathAndQuery();
        return target[(target.IndexOf(marker, StringComparison.Ordinal) + marker.Length)..];
    }
}
