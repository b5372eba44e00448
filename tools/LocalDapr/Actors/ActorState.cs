using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using ImDapr.LocalDapr.Json;
using ImDapr.LocalDapr.State;

namespace ImDapr.LocalDapr.Actors;

/// <summary>State of the actors of one app in its actor store.</summary>
/// <remarks><c>{appId}||{type}||{id}||{key}</c>, whatever key prefix the component has; one transaction per list of operations, no etags of its own.</remarks>
/// <param name="allowsTtl">Whether the feature <c>ActorStateTTL</c> is enabled.</param>
public sealed class ActorState(string appId, IStateStore? store, bool allowsTtl, ActorRuntime runtime)
{
    private static readonly JsonDocumentOptions Json = new() { MaxDepth = GoNumbers.MaxDepth };

    public bool Configured => store is not null;

    /// <returns>Null when the key is missing. The actor need not be active.</returns>
    public async ValueTask<StateEntry?> GetAsync(string type, string id, string key, CancellationToken cancellationToken)
    {
        if (store is null)
            throw ActorApiException.NoStateStore();

        try
        {
            return await store.GetAsync($"{Prefix(type, id)}{key}", cancellationToken);
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            throw ActorApiException.StateGet(e.Message, e);
        }
    }

    /// <param name="operations">Body of the request: an array of upserts and deletes.</param>
    public async ValueTask TransactAsync(string type, string id, ReadOnlyMemory<byte> operations, CancellationToken cancellationToken)
    {
        using var document = Parse(operations);
        if (!runtime.IsActive(type, id))
            throw ActorApiException.InstanceMissing();

        var writes = Writes(Prefix(type, id), document.RootElement);
        if (store is null)
            throw ActorApiException.NoStateStore();

        try
        {
            await store.TransactAsync(writes, cancellationToken);
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            throw ActorApiException.StateSave(e.Message, e);
        }
    }

    private string Prefix(string type, string id) => $"{appId}||{type}||{id}||";

    private static JsonDocument Parse(ReadOnlyMemory<byte> operations)
    {
        try
        {
            var document = JsonDocument.Parse(operations, Json);
            return document.RootElement.ValueKind == JsonValueKind.Array
                ? document
                : throw ActorApiException.Malformed("json: cannot unmarshal the body into a list of operations");
        }
        catch (JsonException e)
        {
            throw ActorApiException.Malformed(e.Message);
        }
    }

    private List<StateWrite> Writes(string prefix, JsonElement operations)
    {
        var writes = new List<StateWrite>(operations.GetArrayLength());
        foreach (var operation in operations.EnumerateArray())
            writes.Add(Write(prefix, operation));

        return writes;
    }

    private StateWrite Write(string prefix, JsonElement operation)
    {
        if (operation.ValueKind != JsonValueKind.Object)
            throw ActorApiException.Malformed("json: cannot unmarshal an element into an operation");

        if (!operation.TryGetProperty("request"u8, out var request) || request.ValueKind == JsonValueKind.Null)
            throw ActorApiException.StateSave("request data is empty");

        if (request.ValueKind != JsonValueKind.Object)
            throw ActorApiException.StateSave("expected a map for the request");

        return Text(operation, "operation"u8) switch
        {
            "upsert" => Upsert(prefix, request),
            "delete" => new StateWrite(prefix + Key(request), null, Text(request, "etag"u8), StateConcurrency.Unspecified, null),
            null or "" => throw ActorApiException.StateSave("operation is empty"),
            var other => throw ActorApiException.StateSave($"operation type {other} not supported")
        };
    }

    private StateWrite Upsert(string prefix, JsonElement request)
    {
        var key = prefix + Key(request);
        int? ttl = null;
        if (request.TryGetProperty("metadata"u8, out var metadata) && metadata.ValueKind == JsonValueKind.Object
            && metadata.TryGetProperty("ttlInSeconds"u8, out var seconds))
        {
            if (!allowsTtl)
                throw ActorApiException.StateSave("ttlInSeconds is not supported without the \"ActorStateTTL\" feature enabled");

            ttl = int.TryParse(seconds.ToString(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value)
                ? value
                : throw ActorApiException.StateSave($"failed to parse ttlInSeconds: {seconds}");
        }

        return new StateWrite(key, Value(request), Text(request, "etag"u8), StateConcurrency.Unspecified, ttl, IsJson: true);
    }

    private byte[] Value(JsonElement request)
    {
        if (!request.TryGetProperty("value"u8, out var value))
            return "null"u8.ToArray();

        var json = JsonMarshal.GetRawUtf8Value(value);
        try
        {
            return GoNumbers.Bend(json, store?.KeepsSixDecimals ?? false) ?? json.ToArray();
        }
        catch (JsonException e)
        {
            throw ActorApiException.Malformed(e.Message);
        }
    }

    private static string Key(JsonElement request) =>
        Text(request, "key"u8) is { Length: > 0 } key ? key : throw ActorApiException.StateSave("missing key");

    private static string? Text(JsonElement element, ReadOnlySpan<byte> name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
