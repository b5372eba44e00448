using ImDapr.Contracts;

namespace ImDapr.IntegrationTests.Stacks;

/// <summary>Where clients reach a system.</summary>
public interface IOrigins
{
    /// <summary>Public origin of one instance of connection-service.</summary>
    Uri Origin(int instance = 0);
}

/// <summary>A whole running system. Started once for all the tests of a stack; tests keep apart by users of their own.</summary>
public abstract class Cluster(string name, string template) : IOrigins, IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory($"imdapr-{name}-").FullName;
    private static readonly Dictionary<string, string> Hurried = new()
    {
        // Hundreds of users sign in: a hash of full strength for each would be most of what a small machine does here.
        ["Passwords__IterationCount"] = "1000",
        // A test signs in for every REST call, all of them from one address, and sends faster than people do.
        ["RateLimits__SignInBurst"] = "10000",
        ["RateLimits__AnonymousBurst"] = "100000",
        ["RateLimits__SendBurst"] = "100000",
        ["RateLimits__CallBurst"] = "100000",
    };

    private DaprYaml? _yaml;
    private LocalDaprProcess? _system;

    /// <summary>Public origin of one instance of connection-service; instances are counted round, so that a test for two runs on one.</summary>
    public Uri Origin(int instance = 0)
    {
        var ports = _yaml!.PortsOf(DaprNames.ConnectionService);
        return new Uri($"http://localhost:{ports[instance % ports.Count]}");
    }

    /// <summary>Where the first instance of an app listens.</summary>
    public Uri App(string appId) => new($"http://localhost:{_yaml!.PortsOf(appId)[0]}");

    /// <summary>Where the platform asks the first instance of an app: probes and metrics.</summary>
    public Uri Management(string appId) => new($"http://localhost:{_yaml!.ManagementPortsOf(appId)[0]}");

    /// <summary>HTTP API of the sidecar of an app's first instance.</summary>
    public Uri Sidecar(string appId) => new($"http://127.0.0.1:{_yaml!.SidecarPortsOf(appId)[0]}");

    /// <summary>What all apps have said so far.</summary>
    public async Task<string> LogAsync()
    {
        await using var file = new FileStream(LogPath, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(file);
        return await reader.ReadToEndAsync();
    }

    public virtual async Task InitializeAsync()
    {
        CopyFolder(Path.Combine(Repository.Root, "components"), Path.Combine(_folder, "components"));
        await AddComponentsAsync(Path.Combine(_folder, "components"));
        var settings = new Dictionary<string, string>(Hurried);
        foreach (var (name, value) in AppSettings)
            settings[name] = value;
        _yaml = DaprYaml.Write(template, _folder, settings);
        Directory.CreateDirectory(Path.GetDirectoryName(LogPath)!);
        File.Delete(LogPath);
        await StartAsync();
    }

    public virtual async Task DisposeAsync()
    {
        // Killed: nobody needs what it would write before an orderly end, which other tests and README's commands come to.
        if (_system is not null)
            await StopAsync();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>SIGKILL for every process; then everything starts again on what is on disk. Servers crash in tests/Chaos.</summary>
    public async Task CrashAndRestartAsync()
    {
        await StopAsync();
        await StartAsync();
    }

    /// <summary>Everything in the state store is gone, as when it had no disk; then everything starts again.</summary>
    public async Task LoseStateAndRestartAsync()
    {
        await StopAsync();
        await LoseStateAsync();
        await StartAsync();
    }

    protected virtual Task LoseStateAsync()
    {
        var files = Directory.GetFiles(_folder, "state.db*", SearchOption.AllDirectories);
        Assert.NotEmpty(files);
        foreach (var file in files)
            File.Delete(file);
        return Task.CompletedTask;
    }

    /// <summary>Settings of all apps, through dapr.yaml.</summary>
    protected virtual IReadOnlyDictionary<string, string> AppSettings => new Dictionary<string, string>();

    /// <summary>More components than the repository's.</summary>
    protected virtual Task AddComponentsAsync(string folder) => Task.CompletedTask;

    /// <summary>Environment of LocalDapr: where the servers are.</summary>
    protected virtual IReadOnlyDictionary<string, string> Environment => new Dictionary<string, string>();

    /// <summary>Whether the components are those of Redis and MySQL.</summary>
    protected virtual bool UsesServers => false;

    protected async Task StopAsync()
    {
        await _system!.KillAsync();
        await _system.DisposeAsync();
    }

    protected async Task StartAsync()
    {
        string[] resources = UsesServers ? ["--resources", Path.Combine(_folder, "components")] : [];
        _system = await LocalDaprProcess.StartAsync(["-f", _yaml!.Path, .. resources], Environment, LogPath);
    }

    private string LogPath => Path.Combine(Repository.Artifacts, "integration", $"{name}.log");

    private static void CopyFolder(string from, string to)
    {
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }
}
