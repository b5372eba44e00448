using ImDapr.IntegrationTests.Stacks;

namespace ImDapr.DaprConformance.Systems;

/// <summary>Apps and sidecars, started by LocalDapr in a folder of their own.</summary>
internal sealed class RunningSystem : IAsyncDisposable
{
    private const string Suite = "tests/DaprConformance";
    private readonly string _name;
    private readonly string _hostAppId;
    private readonly TestServers? _servers;
    private readonly string _folder;
    private readonly DaprYaml _yaml;
    private readonly IReadOnlyDictionary<string, string> _variables;
    private LocalDaprProcess? _process;

    private RunningSystem(string name, string hostAppId, string runFile, TestServers? servers, IReadOnlyDictionary<string, string> variables)
    {
        _variables = variables;
        (_name, _hostAppId, _servers) = (name, hostAppId, servers);
        _folder = Directory.CreateTempSubdirectory($"conformance-{name}-").FullName;
        var suite = Path.Combine(Repository.Root, Suite);
        foreach (var file in Directory.EnumerateFiles(Path.Combine(suite, "components"), "*.yaml", SearchOption.AllDirectories))
            Copy(file, Path.GetRelativePath(suite, file));
        foreach (var file in new[] { "secrets.json", "configuration.yaml" })
            Copy(Path.Combine(suite, file), file);
        _yaml = DaprYaml.Write($"{Suite}/{runFile}", _folder, new Dictionary<string, string>());
        Directory.CreateDirectory(Path.GetDirectoryName(LogPath)!);
        File.Delete(LogPath);
    }

    /// <param name="name">For its folder and its log.</param>
    /// <param name="hostAppId">The app to which the HTTP bindings lead.</param>
    /// <param name="runFile">A run file of this suite.</param>
    /// <param name="servers">Redis and MySQL; null: the embedded components.</param>
    /// <param name="variables">Environment of LocalDapr and all apps.</param>
    public static async Task<RunningSystem> StartAsync(
        string name, string hostAppId, string runFile, TestServers? servers, IReadOnlyDictionary<string, string>? variables = null)
    {
        var system = new RunningSystem(name, hostAppId, runFile, servers, variables ?? new Dictionary<string, string>());
        await system.StartAsync();
        return system;
    }

    public async Task StartAsync()
    {
        string[] resources = _servers is null ? [] : ["--resources", Path.Combine(_folder, "components")];
        var variables = new Dictionary<string, string>(_variables)
        {
            ["CONFORMANCE_WEB_URL"] = $"http://127.0.0.1:{_yaml.PortsOf(_hostAppId)[0]}",
            ["CONFORMANCE_SECRET"] = "a secret of the environment",
        };
        if (_servers is not null)
        {
            (variables["IMDAPR_REDIS_HOST"], variables["IMDAPR_MYSQL_DSN"]) = (_servers.RedisHost, _servers.MySqlDsn);
            variables["CONFORMANCE_MYSQL_SERVER"] = _servers.MySqlDsn[..(_servers.MySqlDsn.LastIndexOf('/') + 1)];
        }
        _process = await LocalDaprProcess.StartAsync(["-f", _yaml.Path, .. resources], variables, LogPath);
    }

    /// <summary>SIGKILL for LocalDapr and every app.</summary>
    public async Task KillAsync()
    {
        await _process!.KillAsync();
        await _process.DisposeAsync();
        _process = null;
    }

    public Uri App(string appId, int instance = 0) => new($"http://127.0.0.1:{_yaml.PortsOf(appId)[instance]}");

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
            await _process.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private string LogPath => Path.Combine(Repository.Artifacts, "conformance", $"{_name}-{(_servers is null ? "embedded" : "servers")}.log");

    private void Copy(string file, string name)
    {
        var target = Path.Combine(_folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        File.Copy(file, target);
    }
}
