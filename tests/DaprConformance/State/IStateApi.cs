using System.Net;
using System.Text.Json;
using Dapr;
using Dapr.Client;
using Grpc.Core;
using ImDapr.DaprConformance.Systems;

namespace ImDapr.DaprConformance.State;

public enum Outcome
{
    Done,
    Conflict,
    Invalid,
    Failed,
}

/// <summary>A value as it was read; empty text: there is none.</summary>
public sealed record StateValue(string Json, string ETag);

/// <summary>How a write is to be done.</summary>
public sealed record Terms(string? ETag = null, ConcurrencyMode? Concurrency = null, ConsistencyMode? Consistency = null, string? TtlSeconds = null)
{
    public static Terms None { get; } = new();

    public StateOptions? Options => Concurrency is null && Consistency is null ? null : new() { Concurrency = Concurrency, Consistency = Consistency };

    public Dictionary<string, string> Metadata => TtlSeconds is null ? [] : new() { ["ttlInSeconds"] = TtlSeconds };
}

/// <summary>The state API over one of its two transports: what holds for a store holds over both.</summary>
public interface IStateApi
{
    Task<StateValue> GetAsync(string store, string key);

    Task<Outcome> SaveAsync(string store, string key, string json, Terms? terms = null);

    Task<Outcome> DeleteAsync(string store, string key, Terms? terms = null);

    Task<IReadOnlyList<(string Key, StateValue Value)>> GetManyAsync(string store, IReadOnlyList<string> keys);

    Task<Outcome> TransactAsync(string store, params (string Key, string? Json, Terms Terms)[] operations);
}

/// <summary>Over gRPC, as the SDK does it.</summary>
public sealed class SdkStateApi(AppInstance app) : IStateApi
{
    public async Task<StateValue> GetAsync(string store, string key)
    {
        var (bytes, etag) = await app.Dapr.GetByteStateAndETagAsync(store, key, cancellationToken: TestContext.Current.CancellationToken);
        return new(System.Text.Encoding.UTF8.GetString(bytes.Span), etag ?? "");
    }

    public Task<Outcome> SaveAsync(string store, string key, string json, Terms? terms = null) => OutcomeAsync(async token =>
    {
        var bytes = System.Text.Encoding.UTF8.GetBytes(json);
        var (etag, options, metadata) = (terms?.ETag, terms?.Options!, terms?.Metadata!);
        if (etag is not null)
            return await app.Dapr.TrySaveByteStateAsync(store, key, bytes, etag, options, metadata, token);
        await app.Dapr.SaveByteStateAsync(store, key, bytes, options, metadata, token);
        return true;
    });

    public Task<Outcome> DeleteAsync(string store, string key, Terms? terms = null) => OutcomeAsync(async token =>
    {
        if (terms?.ETag is { } etag)
            return await app.Dapr.TryDeleteStateAsync(store, key, etag, terms.Options!, cancellationToken: token);
        await app.Dapr.DeleteStateAsync(store, key, terms?.Options!, cancellationToken: token);
        return true;
    });

    public async Task<IReadOnlyList<(string Key, StateValue Value)>> GetManyAsync(string store, IReadOnlyList<string> keys)
    {
        var items = await app.Dapr.GetBulkStateAsync(store, keys, null, cancellationToken: TestContext.Current.CancellationToken);
        return [.. items.Select(item => (item.Key, new StateValue(item.Value, item.ETag)))];
    }

    public Task<Outcome> TransactAsync(string store, params (string Key, string? Json, Terms Terms)[] operations) => OutcomeAsync(async token =>
    {
        await app.Dapr.ExecuteStateTransactionAsync(store, [.. operations.Select(Operation)], cancellationToken: token);
        return true;
    });

    private static StateTransactionRequest Operation((string Key, string? Json, Terms Terms) operation) => new(
        operation.Key, operation.Json is null ? null : System.Text.Encoding.UTF8.GetBytes(operation.Json),
        operation.Json is null ? StateOperationType.Delete : StateOperationType.Upsert, operation.Terms.ETag!, operation.Terms.Metadata, operation.Terms.Options!);

    private static async Task<Outcome> OutcomeAsync(Func<CancellationToken, Task<bool>> call)
    {
        try
        {
            return await call(TestContext.Current.CancellationToken) ? Outcome.Done : Outcome.Conflict;
        }
        catch (DaprException exception) when (exception.InnerException is RpcException error)
        {
            return error.StatusCode switch
            {
                StatusCode.Aborted => Outcome.Conflict,
                StatusCode.InvalidArgument => Outcome.Invalid,
                StatusCode.Internal => Outcome.Failed,
                _ => throw new InvalidOperationException($"unexpected {error.Status}", exception),
            };
        }
    }
}

/// <summary>Over plain HTTP.</summary>
public sealed class HttpStateApi(AppInstance app) : IStateApi
{
    public async Task<StateValue> GetAsync(string store, string key)
    {
        var answer = await app.GetAsync($"/v1.0/state/{store}/{Uri.EscapeDataString(key)}");
        return answer.Status == 204 ? new("", "") : new(answer.Is(200).Body, answer.Header("etag") ?? "");
    }

    public async Task<Outcome> SaveAsync(string store, string key, string json, Terms? terms = null) =>
        Of(await app.SendAsync("POST", $"/v1.0/state/{store}", $"[{Item(key, json, terms ?? Terms.None)}]"));

    public async Task<Outcome> DeleteAsync(string store, string key, Terms? terms = null) =>
        Of(await app.SendAsync(
            "DELETE", $"/v1.0/state/{store}/{Uri.EscapeDataString(key)}?{Query(terms)}", headers: terms?.ETag is { } etag ? [("If-Match", etag)] : []));

    public async Task<IReadOnlyList<(string Key, StateValue Value)>> GetManyAsync(string store, IReadOnlyList<string> keys)
    {
        var answer = (await app.SendAsync("POST", $"/v1.0/state/{store}/bulk", new { keys, parallelism = 2 })).Is(200);
        return [.. answer.Json.EnumerateArray().Select(item => (item.GetProperty("key").GetString()!, new StateValue(Text(item, "data"), Text(item, "etag"))))];
    }

    public async Task<Outcome> TransactAsync(string store, params (string Key, string? Json, Terms Terms)[] operations)
    {
        var list = operations.Select(operation => operation.Json is null
            ? $$"""{"operation":"delete","request":{{Item(operation.Key, null, operation.Terms)}}}"""
            : $$"""{"operation":"upsert","request":{{Item(operation.Key, operation.Json, operation.Terms)}}}""");
        return Of(await app.SendAsync("POST", $"/v1.0/state/{store}/transaction", $$"""{"operations":[{{string.Join(',', list)}}]}"""));
    }

    private static string Item(string key, string? json, Terms terms)
    {
        List<string> fields = [$"\"key\":{JsonSerializer.Serialize(key)}"];
        if (json is not null)
            fields.Add($"\"value\":{json}");
        if (terms.ETag is not null)
            fields.Add($"\"etag\":\"{terms.ETag}\"");
        if (terms.TtlSeconds is not null)
            fields.Add($$"""
                "metadata":{"ttlInSeconds":"{{terms.TtlSeconds}}"}
                """);
        if (terms.Options is not null)
            fields.Add($$"""
                "options":{"concurrency":"{{Word(terms.Concurrency)}}","consistency":"{{Word(terms.Consistency)}}"}
                """);
        return $"{{{string.Join(',', fields)}}}";
    }

    private static string Query(Terms? terms) => $"concurrency={Word(terms?.Concurrency)}&consistency={Word(terms?.Consistency)}";

    private static string Word(ConcurrencyMode? mode) => mode switch { ConcurrencyMode.FirstWrite => "first-write", ConcurrencyMode.LastWrite => "last-write", _ => "" };

    private static string Word(ConsistencyMode? mode) => mode switch { ConsistencyMode.Eventual => "eventual", ConsistencyMode.Strong => "strong", _ => "" };

    private static string Text(JsonElement item, string name) => item.TryGetProperty(name, out var value)
        ? value.ValueKind == JsonValueKind.String && name == "etag" ? value.GetString()! : value.ValueKind == JsonValueKind.Null ? "" : value.GetRawText()
        : "";

    private static Outcome Of(Answer answer) => (HttpStatusCode)answer.Status switch
    {
        HttpStatusCode.NoContent => Outcome.Done,
        HttpStatusCode.Conflict => Outcome.Conflict,
        HttpStatusCode.BadRequest => Outcome.Invalid,
        HttpStatusCode.InternalServerError => Outcome.Failed,
        _ => throw new InvalidOperationException($"unexpected {answer.Status}: {answer.Body}"),
    };
}
