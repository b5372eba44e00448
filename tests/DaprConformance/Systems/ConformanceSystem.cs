using ImDapr.DaprConformance.Systems;
using ImDapr.IntegrationTests.Stacks;

[assembly: AssemblyFixture(typeof(ConformanceSystem))]
[assembly: CollectionBehavior(MaxParallelThreads = 12)]

namespace ImDapr.DaprConformance.Systems;

/// <summary>What all cases talk to: two instances of conf-a, one of conf-b. Started once, or somebody else's (README.md).</summary>
public sealed class ConformanceSystem : IAsyncLifetime
{
    private TestServers? _servers;
    private RunningSystem? _running;
    private Dictionary<string, string> _types = [];

    /// <summary>The sidecars are not ours: nobody may be killed, and no second system started.</summary>
    public static bool IsForeign => Variable("CONFORMANCE_A_APP") is not null;

    public AppInstance A { get; private set; } = null!;

    public AppInstance A2 { get; private set; } = null!;

    public AppInstance B { get; private set; } = null!;

    /// <summary>Redis and MySQL, or null: the embedded components.</summary>
    internal TestServers? Servers => _servers;

    /// <summary>The type of a component, so that a case can expect what that type does.</summary>
    public string TypeOf(string component) => _types[component];

    public bool Has(string component) => _types.ContainsKey(component);

    public IEnumerable<AppInstance> Instances(string appId) => new[] { A, A2, B }.Where(app => app.AppId == appId);

    public async ValueTask InitializeAsync()
    {
        if (IsForeign)
        {
            (A, A2, B) = (await ForeignAsync("A"), await ForeignAsync("A2"), await ForeignAsync("B"));
        }
        else
        {
            if (Stack == "servers")
                _servers = await TestServers.StartAsync(CancellationToken.None); // a fixture gets no token
            _running = await RunningSystem.StartAsync("main", "conf-a", "dapr.yaml", _servers);
            A = await AppInstance.FindAsync(_running.App("conf-a"));
            A2 = await AppInstance.FindAsync(_running.App("conf-a", 1));
            B = await AppInstance.FindAsync(_running.App("conf-b"));
        }
        var metadata = (await A.GetAsync("/v1.0/metadata")).Is(200).Json;
        _types = metadata.GetProperty("components").EnumerateArray()
            .ToDictionary(component => component.GetProperty("name").GetString()!, component => component.GetProperty("type").GetString()!);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var app in new[] { A, A2, B })
            app?.Dispose();
        if (_running is not null)
            await _running.DisposeAsync();
        if (_servers is not null)
            await _servers.DisposeAsync();
    }

    private static string Stack => Variable("CONFORMANCE_STACK") switch
    {
        null or "embedded" => "embedded",
        "servers" => "servers",
        var other => throw new InvalidOperationException($"CONFORMANCE_STACK is 'embedded' or 'servers', not '{other}'"),
    };

    private static Task<AppInstance> ForeignAsync(string name) => AppInstance.FindAsync(
        new Uri(Variable($"CONFORMANCE_{name}_APP") ?? throw new InvalidOperationException($"CONFORMANCE_{name}_APP is not set (README.md)")),
        Variable($"CONFORMANCE_{name}_HTTP"), Variable($"CONFORMANCE_{name}_GRPC"));

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
