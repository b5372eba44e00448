using System.Buffers;
using System.Runtime.InteropServices;
using System.Text.Json;
using ImDapr.LocalDapr.Json;
using ImDapr.LocalDapr.State;

namespace ImDapr.LocalDapr.Api;

/// <summary>State over HTTP (dapr-contract 2.3).</summary>
internal static class StateHttpApi
{
    private const string Store = "/v1.0/state/{store}";

    public static void MapState(this IEndpointRouteBuilder routes, SidecarBlocks blocks)
    {
        string[] writes = ["POST", "PUT"];
        routes.MapGet($"{Store}/{{key}}", context => GetAsync(context, State(context, blocks)));
        routes.MapDelete($"{Store}/{{key}}", context => DeleteAsync(context, State(context, blocks)));
        routes.MapMethods(Store, writes, context => SaveAsync(context, State(context, blocks)));
        routes.MapMethods($"{Store}/bulk", writes, context => GetManyAsync(context, State(context, blocks)));
        routes.MapMethods($"{Store}/transaction", writes, context => TransactAsync(context, State(context, blocks)));
        routes.MapMethods("/v1.0-alpha1/state/{store}/query", writes, context =>
        {
            _ = State(context, blocks);
            throw new DaprError(
                Grpc.Core.StatusCode.Internal, 500, "ERR_STATE_STORE_NOT_SUPPORTED", "state store does not support querying", reason: "DAPR_STATE_QUERYING_NOT_SUPPORTED");
        });
    }

    private static StateBlock State(HttpContext context, SidecarBlocks blocks) => blocks.State((string)context.Request.RouteValues["store"]!);

    private static string Key(HttpContext context) => Uri.UnescapeDataString((string)context.Request.RouteValues["key"]!);

    private static async Task GetAsync(HttpContext context, StateBlock state)
    {
        var entry = await state.GetAsync(Key(context), context.RequestAborted);
        if (entry is null)
        {
            context.Response.StatusCode = StatusCodes.Status204NoContent;
            return;
        }
        if (entry.ETag.Length > 0)
            context.Response.Headers.ETag = entry.ETag;
        foreach (var (name, value) in entry.Metadata ?? new Dictionary<string, string>())
            context.Response.Headers[$"metadata.{name}"] = value;
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = entry.Value.Length;
        await context.Response.BodyWriter.WriteAsync(entry.Value, context.RequestAborted);
    }

    private static async Task GetManyAsync(HttpContext context, StateBlock state)
    {
        var request = await HttpRequestReader.JsonAsync(context, JsonValueKind.Object);
        List<string> keys = request.Member("keys") is { ValueKind: JsonValueKind.Array } list ? [.. list.EnumerateArray().Select(key => key.GetString() ?? "")] : [];
        var results = await state.GetManyAsync(keys, request.Member("parallelism")?.GetInt32() ?? 0, context.RequestAborted);
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartArray();
            foreach (var result in results)
                Write(json, result);
            json.WriteEndArray();
        }
        context.Response.ContentType = "application/json";
        await context.Response.BodyWriter.WriteAsync(buffer.WrittenMemory, context.RequestAborted);
    }

    private static void Write(Utf8JsonWriter json, StateResult result)
    {
        json.WriteStartObject();
        json.WriteString("key", result.Key);
        if (result.Entry is { } entry)
        {
            json.WritePropertyName("data");
            json.WriteRawValue(entry.Value); // what is stored must be JSON here, as in daprd
            json.WriteString("etag", entry.ETag);
            if (entry.Metadata is { Count: > 0 } metadata)
                json.WriteTexts("metadata", metadata);
        }
        if (result.Error is not null)
            json.WriteString("error", result.Error);
        json.WriteEndObject();
    }

    private static async Task SaveAsync(HttpContext context, StateBlock state)
    {
        var items = await HttpRequestReader.JsonAsync(context, JsonValueKind.Array);
        var metadata = HttpRequestReader.MetadataOf(context);
        var writes = new List<StateWrite>();
        foreach (var item in items.EnumerateArray())
        {
            if (item.Text("key") is not { Length: > 0 })
                throw DaprErrorOfKey();
            writes.Add(Upsert(item, metadata, state));
        }
        await state.SaveAsync(writes, context.RequestAborted);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private static async Task DeleteAsync(HttpContext context, StateBlock state)
    {
        var query = context.Request.Query;
        CheckConsistency(query["consistency"]);
        var etag = context.Request.Headers.IfMatch.ToString();
        await state.DeleteAsync(new StateWrite(Key(context), null, etag, Concurrency(query["concurrency"]), null), context.RequestAborted);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private static async Task TransactAsync(HttpContext context, StateBlock state)
    {
        var request = await HttpRequestReader.JsonAsync(context, JsonValueKind.Object);
        var metadata = HttpRequestReader.MetadataOf(context);
        var operations = request.Member("operations") is { ValueKind: JsonValueKind.Array } list ? list.EnumerateArray().ToList() : [];
        List<StateWrite> writes = [.. operations.Select(operation => Operation(operation, metadata, state))];
        if (writes.Count > 0)
            await state.TransactAsync(writes, context.RequestAborted);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private static StateWrite Operation(JsonElement operation, Dictionary<string, string> metadata, StateBlock state)
    {
        var item = operation.Member("request") ?? default;
        return operation.Text("operation") switch
        {
            "upsert" => Upsert(item, metadata, state),
            "delete" => new StateWrite(item.Text("key") ?? "", null, item.Text("etag"), Options(item), null),
            var other => throw new DaprError(
                Grpc.Core.StatusCode.Unimplemented, 400, "ERR_NOT_SUPPORTED_STATE_OPERATION", $"operation type {other} not supported"),
        };
    }

    // Of metadata in the query and in the item the query's win.
    private static StateWrite Upsert(JsonElement item, Dictionary<string, string> metadata, StateBlock state)
    {
        var own = item.Texts("metadata");
        foreach (var (name, value) in metadata)
            own[name] = value;
        return new StateWrite(item.Text("key") ?? "", Value(item, state), item.Text("etag"), Options(item), StateTtl.Read(own), IsJson: true,
            IsStrong: (item.Member("options") ?? default).Text("consistency") == "strong");
    }

    private static byte[] Value(JsonElement item, StateBlock state)
    {
        if (item.ValueKind != JsonValueKind.Object || !item.TryGetProperty("value", out var value))
            return "null"u8.ToArray();
        try
        {
            if (!state.Store.KeepsSixDecimals)
                return GoJson.Encode(value);
            // The careless encoder writes keys in any order: that in which they came is one.
            var json = JsonMarshal.GetRawUtf8Value(value);
            return GoNumbers.Bend(json, sixDecimals: true) ?? json.ToArray();
        }
        catch (JsonException exception)
        {
            throw DaprError.Malformed(exception.Message, exception);
        }
    }

    private static StateConcurrency Options(JsonElement item)
    {
        var options = item.Member("options") ?? default;
        CheckConsistency(options.Text("consistency"));
        return Concurrency(options.Text("concurrency"));
    }

    private static StateConcurrency Concurrency(string? text) => text switch
    {
        null or "" => StateConcurrency.Unspecified,
        "first-write" => StateConcurrency.FirstWrite,
        "last-write" => StateConcurrency.LastWrite,
        _ => throw Unrecognized("concurrency", text),
    };

    private static void CheckConsistency(string? text)
    {
        if (text is not (null or "" or "strong" or "eventual"))
            throw Unrecognized("consistency", text);
    }

    private static DaprError Unrecognized(string what, string text) =>
        new(Grpc.Core.StatusCode.Internal, 500, "ERR_STATE_SAVE", $"failed saving state: unrecognized {what} model '{text}'");

    private static DaprError DaprErrorOfKey() =>
        new(Grpc.Core.StatusCode.InvalidArgument, 400, "ERR_MALFORMED_REQUEST", "\"key\" is a required field");
}
