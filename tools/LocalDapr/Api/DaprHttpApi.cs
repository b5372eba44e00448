using System.Runtime.InteropServices;
using System.Text.Json;
using ImDapr.LocalDapr.Bindings;
using ImDapr.LocalDapr.Json;

namespace ImDapr.LocalDapr.Api;

/// <summary>Dapr's HTTP API of one sidecar, but for health and actors.</summary>
public static class DaprHttpApi
{
    public static void MapDaprHttp(this IEndpointRouteBuilder routes, SidecarBlocks blocks, SidecarMetadata metadata, SidecarShutdown shutdown)
    {
        routes.MapGet("/v1.0/metadata", () => Results.Json(metadata.ToJson()));
        routes.MapPut("/v1.0/metadata/{key}", async (string key, HttpContext context) =>
        {
            metadata.Set(key, System.Text.Encoding.UTF8.GetString(await HttpRequestReader.BytesAsync(context)));
            return Results.NoContent();
        });
        routes.MapPost("/v1.0/shutdown", () =>
        {
            shutdown.Ask();
            return Results.NoContent();
        });
        routes.MapState(blocks);
        routes.MapPubSub(blocks);
        routes.MapMethods("/v1.0/bindings/{name}", ["POST", "PUT"], context => BindAsync(context, blocks));
        routes.MapGet("/v1.0/secrets/{store}/bulk", async (string store, HttpContext context) => Results.Json(await blocks.Secret(store).GetAllAsync(context.RequestAborted)));
        routes.MapGet("/v1.0/secrets/{store}/{key}", async (string store, string key, HttpContext context) =>
        {
            var secret = await blocks.Secret(store).GetAsync(Uri.UnescapeDataString(key), context.RequestAborted);
            return secret.Count == 0 ? Results.NoContent() : Results.Json(secret);
        });
        routes.MapFallback("{**path}", blocks.Invocation.HandleAsync);
    }

    private static async Task BindAsync(HttpContext context, SidecarBlocks blocks)
    {
        var request = await HttpRequestReader.JsonAsync(context, JsonValueKind.Object);
        var metadata = request.Texts("metadata");
        metadata["traceparent"] = context.Request.Headers.TraceParent.ToString();
        if (context.Request.Headers.TraceState.ToString() is { Length: > 0 } state)
            metadata["tracestate"] = state;
        var call = new BindingCall(request.Text("operation") ?? "", Data(request), metadata);
        var result = await blocks.Binding((string)context.Request.RouteValues["name"]!).InvokeAsync(call, context.RequestAborted);
        foreach (var (name, value) in result.Metadata)
            context.Response.Headers[$"metadata.{name}"] = new string([.. value.ReplaceLineEndings(" ").Select(c => c is >= ' ' and <= '~' ? c : ' ')]);
        if (result.Error is not null)
            throw result.Error;
        if (result.Data is null)
        {
            context.Response.StatusCode = StatusCodes.Status204NoContent;
            return;
        }
        context.Response.ContentType = "application/json";
        await context.Response.BodyWriter.WriteAsync(result.Data, context.RequestAborted);
    }

    // Decoded and encoded again: numbers are bent, and no data is the JSON null.
    private static byte[] Data(JsonElement request)
    {
        if (!request.TryGetProperty("data", out var data))
            return "null"u8.ToArray();
        var json = JsonMarshal.GetRawUtf8Value(data);
        return GoNumbers.Bend(json) ?? json.ToArray();
    }
}
