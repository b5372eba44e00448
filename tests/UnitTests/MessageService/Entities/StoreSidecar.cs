using System.Collections.Concurrent;
using Dapr.Client;
using Grpc.Net.Client;
using ImDapr.Contracts;
using ImDapr.IntegrationTests.Stacks;
using ImDapr.LocalDapr.Hosting;
using ImDapr.MessageService.Entities;
using ImDapr.ServiceDefaults.Sql;
using ImDapr.UnitTests.LocalDapr;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace ImDapr.UnitTests.MessageService.Entities;

/// <summary>A sidecar in this process with the stores of message-service, shared by the tests of a class; its clock stands unless it is moved.</summary>
public class StoreSidecar : IAsyncLifetime
{
    private readonly TempFolder _folder = new();
    private LocalDaprHost _host = null!;
    private Sidecar _sidecar = null!;

    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 3, 1, 0, 0, 0, TimeSpan.Zero));

    public DaprClient Dapr { get; private set; } = null!;

    public virtual async Task InitializeAsync()
    {
        await WriteComponentsAsync(_folder.Path);
        _host = new LocalDaprHost(Path.Combine(_folder.Path, "data"), time: Time);
        _sidecar = await _host.AddSidecarAsync(
            new SidecarOptions(DaprNames.MessageService, FreePorts.Next(), [_folder.Path]) { WorkingFolder = _folder.Path });
        Dapr = Client(new StateCalls());
        var migrations = new MigrationRunner(
            Shards(), Dapr, new MigrationSet("message", typeof(IMessageStore).Assembly), Time, NullLogger<MigrationRunner>.Instance);
        await migrations.StartingAsync(CancellationToken.None);
    }

    public virtual async Task DisposeAsync()
    {
        Dapr.Dispose();
        await _host.DisposeAsync();
        _folder.Dispose();
    }

    /// <summary>The databases, as an instance of the service reaches them.</summary>
    public SqlShards Shards() => new([.. Bindings.Select(binding => new SqlClient(Dapr, binding))]);

    protected virtual IReadOnlyList<string> Bindings => [DaprNames.Entities];

    /// <summary>A client of its own, as an instance of the service has one.</summary>
    public DaprClient Client(StateCalls calls) => new DaprClientBuilder()
        .UseHttpEndpoint($"http://127.0.0.1:{_sidecar.HttpPort}")
        .UseGrpcEndpoint($"http://127.0.0.1:{_sidecar.GrpcPort}")
        .UseGrpcChannelOptions(new GrpcChannelOptions { HttpHandler = calls })
        .UseJsonSerializationOptions(ContractsJson.Wire)
        .Build();

    protected virtual async Task WriteComponentsAsync(string folder)
    {
        await WriteAsync(folder, DaprNames.StateStore, "state.sqlite", "{name: connectionString, value: state.db}");
        foreach (var binding in Bindings)
            await WriteAsync(folder, binding, "bindings.sqlite", $"{{name: url, value: {binding}.db}}");
    }

    protected static Task WriteAsync(string folder, string name, string type, string metadata) => File.WriteAllTextAsync(
        Path.Combine(folder, $"{name}.yaml"),
        $"apiVersion: dapr.io/v1alpha1\nkind: Component\nmetadata: {{name: {name}}}\nspec:\n  type: {type}\n  version: v1\n  metadata: [{metadata}]\n");
}

/// <summary>Entities in two databases.</summary>
public sealed class TwoDatabasesSidecar : StoreSidecar
{
    protected override IReadOnlyList<string> Bindings => [DaprNames.Entities, "entities-2"];
}

/// <summary>Counts the calls of a client, and lets those fail that a test wants to.</summary>
public sealed class StateCalls() : DelegatingHandler(new SocketsHttpHandler())
{
    public const string Transaction = "ExecuteStateTransaction";

    /// <summary>Method by method, in their order.</summary>
    public ConcurrentQueue<string> Made { get; } = [];

    /// <summary>Of this method every call fails.</summary>
    public string? Failing { get; set; }

    /// <summary>What every answer waits for after the call was made.</summary>
    public Func<Task>? Answered { get; set; }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var method = request.RequestUri!.Segments[^1];
        Made.Enqueue(method);
        if (method == Failing)
            throw new HttpRequestException($"{method} fails in this test");
        var response = await base.SendAsync(request, cancellationToken);
        if (Answered is { } wait)
            await wait();
        return response;
    }
}
