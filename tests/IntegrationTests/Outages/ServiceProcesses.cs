using ImDapr.Contracts;
using ImDapr.IntegrationTests.Servers;
using ImDapr.IntegrationTests.Stacks;
using ImDapr.LocalDapr.Hosting;
using ImDapr.LocalDapr.Resources;
using ImDapr.LocalDapr.Runner;

namespace ImDapr.IntegrationTests.Outages;

/// <summary>
/// Two instances of every service, each a process of its own whose sidecar lives here, on a Redis and a MariaDB of the test's own: all of them may be
/// stopped and started again one by one.
/// </summary>
public sealed class ServiceProcesses : IOrigins, IAsyncLifetime
{
    public const string Collection = "Outages";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    // As in production, but for the limit.
    private static readonly Dictionary<string, string> Settings = new()
    {
        ["Drain__LimitSeconds"] = "10",
        ["Drain__QuietMilliseconds"] = "2500",
        ["Passwords__IterationCount"] = "1000",
        // Who calls all the time, to see every answer, is not to be told to go slower.
        ["RateLimits__RestCallsPerSecond"] = "0",
        ["RateLimits__SendsPerSecond"] = "0",
    };

    private readonly string _folder = Directory.CreateTempSubdirectory("imdapr-outages-").FullName;
    private readonly StreamWriter _log = OpenLog();
    private readonly List<Instance> _instances = [];
    private LocalDaprHost? _host;
    private PrivateRedis? _redis;
    private PrivateMariaDb? _database;

    public PrivateRedis Redis => _redis!;

    public PrivateMariaDb Database => _database!;

    public Uri Origin(int instance = 0) => new($"http://localhost:{Find(DaprNames.ConnectionService, instance).Spec.Port}");

    public async Task InitializeAsync()
    {
        _redis = await PrivateRedis.StartAsync(CancellationToken.None); // xunit gives a fixture no token
        _database = await PrivateMariaDb.StartAsync(CancellationToken.None);
        _host = new LocalDaprHost(_folder);
        var environment = new Dictionary<string, string>(Settings) { ["IMDAPR_REDIS_HOST"] = _redis.Host, ["IMDAPR_MYSQL_DSN"] = _database.Dsn };
        var file = RunFile.Read(DaprYaml.Write("tests/two-instances.dapr.yaml", _folder, environment).Path);
        _instances.AddRange(file.Apps.Select(spec => new Instance(spec)));
        foreach (var instance in _instances)
            await StartAsync(instance);
    }

    /// <summary>SIGTERM; returns when the process has ended by itself.</summary>
    /// <returns>Its exit code.</returns>
    public async Task<int> TerminateAsync(string appId, int number)
    {
        var instance = Find(appId, number);
        await instance.Process!.StopAsync(Patience);
        await instance.Sidecar!.LoseAppAsync();
        return instance.Process.ExitCode;
    }

    public async Task StartAgainAsync(string appId, int number)
    {
        var instance = Find(appId, number);
        await instance.Sidecar!.DisposeAsync();
        await instance.Process!.DisposeAsync();
        await StartAsync(instance);
    }

    public async Task DisposeAsync()
    {
        foreach (var instance in _instances.Where(instance => instance.Process is not null))
            await instance.Process!.DisposeAsync();
        if (_host is not null)
            await _host.DisposeAsync();
        if (_database is not null)
            await _database.DisposeAsync();
        if (_redis is not null)
            await _redis.DisposeAsync();
        await _log.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private Instance Find(string appId, int number) => _instances.Where(instance => instance.Spec.AppId == appId).ElementAt(number);

    private async Task StartAsync(Instance instance)
    {
        var spec = instance.Spec;
        var components = Path.Combine(Repository.Root, "components");
        instance.Sidecar = await _host!.AddSidecarAsync(spec.Sidecar with { ResourcesPaths = [components], Environment = spec.Environment });
        var variables = new Dictionary<string, string>(spec.Environment);
        foreach (var (name, value) in instance.Sidecar.AppVariables)
            variables[name] = value;
        instance.Process = AppProcess.Start(spec.AppId, spec.Folder, spec.Command, variables, line => Say($"{spec.AppId}:{spec.Port} | {line}"));
        using var limit = new CancellationTokenSource(Patience);
        await instance.Sidecar.ConnectAppAsync(limit.Token);
        await instance.Sidecar.Connected.WaitAsync(limit.Token);
    }

    private void Say(string line)
    {
        lock (_log)
            _log.WriteLine(line);
    }

    private static StreamWriter OpenLog()
    {
        var folder = Directory.CreateDirectory(Path.Combine(Repository.Artifacts, "integration"));
        return new StreamWriter(Path.Combine(folder.FullName, "outages.log"), append: false) { AutoFlush = true };
    }

    private sealed class Instance(AppSpec spec)
    {
        public AppSpec Spec => spec;

        public Sidecar? Sidecar { get; set; }

        public AppProcess? Process { get; set; }
    }
}

[CollectionDefinition(ServiceProcesses.Collection)]
public sealed class ServiceProcessesCollection : ICollectionFixture<ServiceProcesses>;
