using System.Globalization;
using System.Text.Json;
using Dapr.Client;
using ImDapr.IntegrationTests.Stacks;
using MySqlConnector;
using StackExchange.Redis;

namespace ImDapr.Benchmarks;

/// <summary>A call through the sidecar, and what the same protocol hops and the store's own call cost without it.</summary>
/// <param name="Target">Most that it may cost, as a multiple of the floor's median; null: no target.</param>
/// <param name="Floor">Bare calls whose medians are added up.</param>
internal sealed record Hop(string Name, double? Target, Func<int, CancellationToken, Task> Call, IReadOnlyList<string> Floor);

/// <summary>Every call that is measured.</summary>
internal sealed class Hops : IAsyncDisposable
{
    private const int Bulk = 100;
    private static readonly Dictionary<string, string> Query = new() { ["sql"] = "SELECT id, body FROM bench_rows WHERE id = ?", ["params"] = "[\"1\"]" };

    private readonly SystemUnderTest _system;
    private readonly BenchmarkApp _app;
    private readonly DaprClient _dapr;
    private readonly DaprClient _echo;
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false });
    private readonly ConnectionMultiplexer _redis;
    private readonly MySqlDataSource _database;
    private readonly RedisPipe _pipe;
    private long _number;

    private Hops(SystemUnderTest system, BenchmarkApp app, ConnectionMultiplexer redis, RedisPipe pipe, string dsn)
    {
        (_system, _app, _redis, _pipe) = (system, app, redis, pipe);
        _dapr = Client(system.HttpPort, system.GrpcPort);
        _echo = Client(system.EchoHttpPort, system.EchoGrpcPort);
        _database = new MySqlDataSource(ConnectionString(dsn));
    }

    /// <summary>A small entity, as an app of ours would keep it.</summary>
    public static string JsonValue { get; } = JsonSerializer.Serialize(new { id = "0123456789", text = new string('x', 200) });

    public static byte[] Value { get; } = System.Text.Encoding.UTF8.GetBytes(JsonValue);

    public static async Task<Hops> CreateAsync(SystemUnderTest system, BenchmarkApp app, TestServers servers) => new(
        system, app, await ConnectionMultiplexer.ConnectAsync(servers.RedisHost), await RedisPipe.OpenAsync(servers.RedisHost), servers.MySqlDsn);

    /// <summary>The bare calls, by name.</summary>
    public IReadOnlyDictionary<string, Func<int, CancellationToken, Task>> Floors => new Dictionary<string, Func<int, CancellationToken, Task>>
    {
        ["http"] = (_, token) => PutAsync($"http://127.0.0.1:{_system.EchoHttpPort}/echo", token),
        ["grpc get"] = (_, token) => GetAsync(_echo, token),
        ["grpc save"] = (_, token) => SaveAsync(_echo, token),
        ["grpc transaction"] = (_, token) => TransactAsync(_echo, token),
        ["grpc publish"] = (_, token) => PublishAsync(_echo, "0", token),
        ["grpc bulk"] = (_, token) => PublishManyAsync(_echo, token),
        ["grpc binding"] = (_, token) => _echo.InvokeBindingAsync(Request(), token),
        ["redis get"] = (_, _) => _redis.GetDatabase().HashGetAllAsync("bench-0||key"),
        ["redis save"] = (caller, _) => _redis.GetDatabase().HashSetAsync($"floor-{caller}", [new("data", Value), new("version", 1)]),
        ["redis transaction"] = (caller, _) => TransactAsync(caller),
        ["redis stream"] = (_, _) => _pipe.SendAsync(Value),
        ["redis bulk"] = (_, _) => Task.WhenAll(Enumerable.Range(0, Bulk).Select(_ => _redis.GetDatabase().StreamAddAsync("bench-floor-bulk", "data", Value, maxLength: 100_000, useApproximateMaxLength: true))),
        ["mysql query"] = (_, token) => QueryAsync(token),
    };

    public IReadOnlyList<Hop> All =>
    [
        new("state get", 2.0, (_, token) => GetAsync(_dapr, token), ["grpc get", "redis get"]),
        new("state save", 2.0, (_, token) => SaveAsync(_dapr, token), ["grpc save", "redis save"]),
        new("state transaction of 2", 2.0, (_, token) => TransactAsync(_dapr, token), ["grpc transaction", "redis transaction"]),
        new("publish to receive", 2.0, (_, token) => PublishAndReceiveAsync(token), ["grpc publish", "redis stream", "http"]),
        new("bulk publish of 100", null, (_, token) => PublishManyAsync(_dapr, token), ["grpc bulk", "redis bulk"]),
        new("binding query", null, (_, token) => _dapr.InvokeBindingAsync(Request(), token), ["grpc binding", "mysql query"]),
        new("invocation", 2.0, (_, token) => PutAsync($"http://127.0.0.1:{_system.HttpPort}/v1.0/invoke/bench-1/method/echo", token), ["http", "http"]),
        new("actor call", 2.5, (caller, token) => ActAsync(caller, "echo", token), ["http", "http"]),
        new("actor call with state", null, (caller, token) => ActAsync(caller, "save", token), ["http", "http", "http", "redis save"]),
    ];

    public async Task PrepareAsync()
    {
        await _dapr.SaveByteStateAsync("state", "key", Value);
        await using var connection = await _database.OpenConnectionAsync();
        await using var command = new MySqlCommand(
            $"CREATE TABLE IF NOT EXISTS bench_rows (id BIGINT PRIMARY KEY, body VARCHAR(300)); REPLACE INTO bench_rows VALUES (1, '{new string('x', 200)}')", connection);
        await command.ExecuteNonQueryAsync();
    }

    public async ValueTask DisposeAsync()
    {
        _dapr.Dispose();
        _echo.Dispose();
        _http.Dispose();
        await _pipe.DisposeAsync();
        await _redis.DisposeAsync();
        await _database.DisposeAsync();
    }

    private static DaprClient Client(int http, int grpc) =>
        new DaprClientBuilder().UseHttpEndpoint($"http://127.0.0.1:{http}").UseGrpcEndpoint($"http://127.0.0.1:{grpc}").Build();

    // user:password@tcp(host:port)/database, as the tests' servers give it.
    private static string ConnectionString(string dsn)
    {
        var (user, rest) = (dsn[..dsn.IndexOf('@')].Split(':'), dsn[(dsn.IndexOf('(') + 1)..]);
        var address = rest[..rest.IndexOf(')')].Split(':');
        return new MySqlConnectionStringBuilder
        {
            Server = address[0],
            Port = uint.Parse(address[1], CultureInfo.InvariantCulture),
            UserID = user[0],
            Password = user.Length > 1 ? user[1] : "",
            Database = rest[(rest.IndexOf('/') + 1)..].Split('?')[0],
            MaximumPoolSize = 32,
        }.ConnectionString;
    }

    private static Task GetAsync(DaprClient client, CancellationToken token) => client.GetByteStateAsync("state", "key", cancellationToken: token);

    private static Task SaveAsync(DaprClient client, CancellationToken token) => client.SaveByteStateAsync("state", "saved", Value, cancellationToken: token);

    private static Task TransactAsync(DaprClient client, CancellationToken token) => client.ExecuteStateTransactionAsync(
        "state", [new StateTransactionRequest("one", Value, StateOperationType.Upsert), new StateTransactionRequest("two", Value, StateOperationType.Upsert)],
        cancellationToken: token);

    private Task TransactAsync(int caller)
    {
        var transaction = _redis.GetDatabase().CreateTransaction();
        _ = transaction.HashSetAsync($"floor-{caller}-one", [new("data", Value), new("version", 1)]);
        _ = transaction.HashSetAsync($"floor-{caller}-two", [new("data", Value), new("version", 1)]);
        return transaction.ExecuteAsync();
    }

    private static Task PublishAsync(DaprClient client, string number, CancellationToken token) =>
        client.PublishEventAsync("pubsub", BenchmarkApp.Topic, new { number, text = new string('x', 200) }, token);

    private async Task PublishAndReceiveAsync(CancellationToken token)
    {
        var number = Interlocked.Increment(ref _number).ToString(CultureInfo.InvariantCulture);
        var received = _app.ExpectAsync(number);
        await PublishAsync(_dapr, number, token);
        await received.WaitAsync(token);
    }

    private static Task PublishManyAsync(DaprClient client, CancellationToken token) =>
        client.BulkPublishEventAsync("pubsub", "benchmark-bulk", Enumerable.Repeat(JsonValue, Bulk).ToList(), cancellationToken: token);

    private static BindingRequest Request()
    {
        var request = new BindingRequest("database", "query");
        foreach (var (name, value) in Query)
            request.Metadata[name] = value;
        return request;
    }

    private async Task QueryAsync(CancellationToken token)
    {
        await using var connection = await _database.OpenConnectionAsync(token);
        await using var command = new MySqlCommand(Query["sql"], connection);
        command.Parameters.Add(new MySqlParameter { Value = "1" });
        await using var reader = await command.ExecuteReaderAsync(token);
        while (await reader.ReadAsync(token))
            _ = (reader.GetInt64(0), reader.GetString(1));
    }

    private Task ActAsync(int caller, string method, CancellationToken token) =>
        PutAsync($"http://127.0.0.1:{_system.HttpPort}/v1.0/actors/{BenchmarkApp.ActorType}/{caller}/method/{method}", token);

    private async Task PutAsync(string address, CancellationToken token)
    {
        using var content = new ByteArrayContent(Value);
        using var response = await _http.PutAsync(address, content, token);
        response.EnsureSuccessStatusCode();
        await response.Content.ReadAsByteArrayAsync(token);
    }
}
