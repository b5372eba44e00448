using ImDapr.Chaos.Network;
using ImDapr.Contracts;
using ImDapr.IntegrationTests.Stacks;

namespace ImDapr.Chaos.Processes;

/// <summary>
/// The whole system as processes of which each can die on its own: stores, LocalDapr with a sidecar per instance, two or more instances of each service,
/// and in front of them a load balancer as a cluster has one.
/// </summary>
internal sealed class ChaosSystem : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan ProbeEvery = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan ProbeLimit = TimeSpan.FromSeconds(2);

    private readonly string _folder = Directory.CreateTempSubdirectory("imdapr-chaos-").FullName;
    private readonly HttpClient _probe = new() { Timeout = ProbeLimit };
    private readonly CancellationTokenSource _stop = new();
    private readonly Dictionary<string, string> _settings;
    private readonly Victim _dapr;
    private Task _probing = Task.CompletedTask;

    private ChaosSystem(Stores? stores, string logFolder)
    {
        Stores = stores;
        LogFolder = logFolder;
        _settings = new Dictionary<string, string>(stores?.Environment ?? new Dictionary<string, string>())
        {
            ["Passwords__IterationCount"] = "1000", // hashing is not what is broken here
            // Eight processes share a few cores: a thread that has nothing to do sleeps instead of spinning, and nothing is compiled a third time.
            ["DOTNET_ThreadPool_UnfairSemaphoreSpinLimit"] = "0",
            ["DOTNET_TieredPGO"] = "0",
            ["FanOut__TimelineFrom"] = "12",
            ["FanOut__TimelineBelow"] = "10",
        };
        // Without a backplane there is one node.
        var counts = new[] { (DaprNames.UserService, 2), (DaprNames.MessageService, 2), (DaprNames.ConnectionService, stores is null ? 1 : 2) };
        Instances = [.. counts.SelectMany(count => Enumerable.Range(0, count.Item2).Select(i => new ServiceInstance(count.Item1, i, logFolder)))];
        Front = new TcpProxy(FreePorts.Next(), () => [.. Of(DaprNames.ConnectionService).Where(instance => instance.IsServing).Select(instance => instance.AppPort)]);
        var runFile = RunFile.Write(_folder, stores is null, Instances, _settings);
        _dapr = new Victim(new Launch("localdapr", _folder, ["dotnet", Repository.Tool("LocalDapr"), "-f", runFile], _settings), logFolder) { ReadyText = "Ready: " };
    }

    /// <summary>Null on the embedded stack.</summary>
    public Stores? Stores { get; }

    public string LogFolder { get; }

    public IReadOnlyList<ServiceInstance> Instances { get; }

    /// <summary>The load balancer: the one address that clients know.</summary>
    public TcpProxy Front { get; }

    public Uri Origin => new($"http://127.0.0.1:{Front.Port}");

    public Victim Dapr => _dapr;

    /// <summary>SQLite's file, on the embedded stack.</summary>
    public string EntitiesFile => Path.Combine(_folder, ".imdapr", "entities.db");

    public IEnumerable<Victim> Processes => Instances.Select(instance => instance.Process).Prepend(_dapr);

    /// <param name="withServers">On Redis and MariaDB.</param>
    /// <param name="checkout">Whose services are started.</param>
    /// <param name="logs">Folder of what they say, below artifacts/chaos.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public static async Task<ChaosSystem> StartAsync(bool withServers, string checkout, string logs, CancellationToken cancellationToken)
    {
        var logFolder = Directory.CreateDirectory(Path.Combine(Repository.Artifacts, "chaos", logs)).FullName;
        var system = new ChaosSystem(withServers ? await Stores.StartAsync(cancellationToken) : null, logFolder);
        try
        {
            await system.StartDaprAsync(cancellationToken);
            foreach (var instance in system.Instances)
            {
                instance.Checkout = checkout;
                instance.Start(system._settings);
            }
            system._probing = system.ProbeAsync();
            await system.HealthyAsync(cancellationToken);
            return system;
        }
        catch
        {
            await system.DisposeAsync();
            throw;
        }
    }

    public IReadOnlyList<ServiceInstance> Of(string appId) => [.. Instances.Where(instance => instance.AppId == appId)];

    public void Start(ServiceInstance instance) => instance.Start(_settings);

    public async Task StartDaprAsync(CancellationToken cancellationToken)
    {
        _dapr.Start();
        await _dapr.SaidReadyAsync(StartLimit, cancellationToken);
    }

    /// <summary>SIGTERM, as a deployment gives it: no new clients, then the drain, then the end.</summary>
    /// <returns>Whether it went by itself.</returns>
    public static async Task<bool> TerminateAsync(ServiceInstance instance)
    {
        instance.IsServing = false;
        return await instance.Process.TerminateAsync();
    }

    /// <summary>Until every instance says that it is ready.</summary>
    public async Task HealthyAsync(CancellationToken cancellationToken)
    {
        foreach (var instance in Instances)
            await HealthyAsync(instance, cancellationToken);
    }

    public async Task HealthyAsync(ServiceInstance instance, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(StartLimit);
        while (!await IsReadyAsync(instance, limit.Token))
        {
            if (!instance.Process.IsRunning)
                throw new InvalidOperationException($"{instance.Name} has ended; see its log in {LogFolder}");
            await Task.Delay(TimeSpan.FromMilliseconds(100), limit.Token);
        }
        instance.IsServing = true;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _probing;
        await Front.DisposeAsync();
        foreach (var instance in Instances)
            await instance.DisposeAsync();
        await _dapr.DisposeAsync();
        if (Stores is not null)
            await Stores.DisposeAsync();
        _probe.Dispose();
        _stop.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    // What a cluster's readiness probes do: who does not answer gets no new clients.
    private async Task ProbeAsync()
    {
        try
        {
            while (true)
            {
                await Task.WhenAll(Of(DaprNames.ConnectionService).Where(instance => instance.Process.IsRunning).Select(async instance =>
                {
                    if (!await IsReadyAsync(instance, _stop.Token))
                        instance.IsServing = false;
                    else if (!instance.Process.IsTold)
                        instance.IsServing = true;
                }));
                await Task.Delay(ProbeEvery, _stop.Token);
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            return; // the run has ended
        }
    }

    private async Task<bool> IsReadyAsync(ServiceInstance instance, CancellationToken cancellationToken)
    {
        try
        {
            using var ready = await _probe.GetAsync($"http://127.0.0.1:{instance.ManagementPort}/readyz", cancellationToken);
            // And its sidecar has seen that it is healthy: until then nobody reaches it.
            using var reached = await _probe.GetAsync($"http://127.0.0.1:{instance.SidecarHttpPort}/v1.0/invoke/{instance.AppId}/method/healthz", cancellationToken);
            return ready.IsSuccessStatusCode && reached.IsSuccessStatusCode;
        }
        catch (Exception) when (!cancellationToken.IsCancellationRequested) // a connection that is reset early is a bare SocketException
        {
            return false;
        }
    }
}
