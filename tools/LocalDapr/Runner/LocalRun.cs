using ImDapr.LocalDapr.Actors;
using ImDapr.LocalDapr.Invocation;
using ImDapr.LocalDapr.Resources;

namespace ImDapr.LocalDapr.Runner;

/// <param name="RunFile">Path of dapr.yaml.</param>
/// <param name="Resources">Resources folders instead of those of the file; empty: the file's, embedded where it can be.</param>
/// <param name="StartServers">Start private Redis and MySQL servers.</param>
public sealed record RunOptions(string RunFile, IReadOnlyList<string> Resources, bool StartServers);

/// <summary>One run: servers, then each app with its sidecar in the order of the file, until somebody stops it or an app dies.</summary>
public sealed class LocalRun(RunOptions options, ConsoleOutput output) : IAsyncDisposable
{
    private static readonly TimeSpan AppStartLimit = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(25);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(50);

    private readonly List<RunningApp> _apps = [];
    private readonly ILoggerFactory _loggers = LoggerFactory.Create(logging => logging.AddProvider(new ConsoleOutputLoggerProvider(output)));
    private PrivateServers? _servers;
    private ReminderStore? _reminders;
    private ReminderScheduler? _scheduler;

    /// <summary>Starts everything and answers when every app is healthy.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var file = RunFile.Read(options.RunFile);
        RefuseTakenPorts(file);
        var data = Path.Combine(file.Folder, ".imdapr");
        IReadOnlyDictionary<string, string> served = new Dictionary<string, string>();
        if (options.StartServers)
        {
            _servers = new PrivateServers(data, output);
            served = await _servers.StartAsync(cancellationToken);
        }
        _reminders = new ReminderStore(Path.Combine(data, "reminders.db"));
        var placement = new ActorHostRegistry(_loggers.CreateLogger<ActorHostRegistry>());
        _scheduler = new ReminderScheduler(_reminders, placement, TimeProvider.System, _loggers.CreateLogger<ReminderScheduler>());
        var around = new SidecarNeighbourhood(new InvocationRouter(), placement, _reminders, TimeProvider.System, _loggers);
        foreach (var spec in file.Apps)
            _apps.Add(await StartAppAsync(file, spec, served, around, cancellationToken));
        await Task.WhenAll(_apps.Select(app => WaitHealthyAsync(app, cancellationToken)));
        Announce();
    }

    /// <summary>Waits for the first app that ends by itself.</summary>
    /// <exception cref="RunnerException">Always: which app, and what it said last.</exception>
    public async Task WaitAsync(CancellationToken cancellationToken)
    {
        var ended = await Task.WhenAny(_apps.Select(app => app.Process.Exited)).WaitAsync(cancellationToken);
        throw Died(_apps.First(app => app.Process.Exited == ended));
    }

    private async Task<RunningApp> StartAppAsync(
        RunFile file, AppSpec spec, IReadOnlyDictionary<string, string> served, SidecarNeighbourhood around, CancellationToken cancellationToken)
    {
        var environment = EnvironmentOf(spec, served);
        var resources = ResourceFiles.Read(ResourceFolders(spec));
        var components = resources.ComponentsFor(spec.AppId, file.Folder, name => environment.GetValueOrDefault(name) ?? Environment.GetEnvironmentVariable(name));
        var resiliency = Resiliency.Read(resources.Resiliencies.Where(item => ResourceFiles.InScope(item.Scopes, spec.AppId)).Select(item => item.Spec));
        var sidecar = await Sidecar.StartAsync(spec, components, resiliency, around, cancellationToken);
        AppProcess? process = null;
        try
        {
            var name = DisplayName(file, spec);
            process = AppProcess.Start(name, spec.Folder, spec.Command, Variables(spec, sidecar, environment), line => output.Line(name, line));
            var app = new RunningApp(spec, sidecar, process);
            await WaitListeningAsync(app, cancellationToken);
            await sidecar.ConnectAppAsync(resources.Subscriptions, cancellationToken);
            _ = DisconnectWhenGoneAsync(app);
            return app;
        }
        catch
        {
            if (process is not null)
                await process.DisposeAsync();
            await sidecar.DisposeAsync();
            throw;
        }
    }

    private async Task DisconnectWhenGoneAsync(RunningApp app)
    {
        await app.Process.Exited;
        await app.Sidecar.DisconnectAppAsync();
    }

    /// <summary>The variables that the dapr CLI sets, and those of the file; what the environment already holds wins over the file.</summary>
    private static Dictionary<string, string> EnvironmentOf(AppSpec spec, IReadOnlyDictionary<string, string> served)
    {
        var environment = spec.Environment.ToDictionary(pair => pair.Key, pair => Environment.GetEnvironmentVariable(pair.Key) ?? pair.Value);
        foreach (var (name, value) in served)
            environment[name] = value;
        return environment;
    }

    private static Dictionary<string, string> Variables(AppSpec spec, Sidecar sidecar, Dictionary<string, string> environment) => new(environment)
    {
        ["APP_ID"] = spec.AppId,
        ["APP_PORT"] = $"{spec.Port}",
        ["APP_PROTOCOL"] = "http",
        ["DAPR_HTTP_PORT"] = $"{sidecar.HttpPort}",
        ["DAPR_GRPC_PORT"] = $"{sidecar.GrpcPort}",
        // An address spares the SDK a try at ::1 first.
        ["DAPR_HTTP_ENDPOINT"] = $"http://127.0.0.1:{sidecar.HttpPort}",
        ["DAPR_GRPC_ENDPOINT"] = $"http://127.0.0.1:{sidecar.GrpcPort}",
    };

    /// <summary>Without --resources the embedded components are taken where there are any: nothing to install.</summary>
    private IEnumerable<string> ResourceFolders(AppSpec spec)
    {
        if (options.Resources.Count > 0)
            return options.Resources.Select(Path.GetFullPath);
        return spec.ResourcesPaths.Select(path => Path.Combine(path, "embedded") is var embedded && Directory.Exists(embedded) ? embedded : path);
    }

    private static void RefuseTakenPorts(RunFile file)
    {
        foreach (var spec in file.Apps)
        {
            foreach (var port in new[] { spec.Port, spec.HttpPort, spec.GrpcPort }.Where(port => port > 0))
            {
                if (Ports.IsTaken(port))
                    throw new RunnerException($"Port {port} of {spec.AppId} is taken by another program. Stop that one, or change the port in {file.File}.");
            }
        }
    }

    private static async Task WaitListeningAsync(RunningApp app, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(AppStartLimit);
        while (!await Ports.AcceptsAsync("127.0.0.1", app.Spec.Port, cancellationToken))
            await PauseAsync(app, $"does not listen on port {app.Spec.Port}", limit.Token, cancellationToken);
    }

    private static async Task WaitHealthyAsync(RunningApp app, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(AppStartLimit);
        while (!await IsHealthyAsync(app, limit.Token))
            await PauseAsync(app, "is not healthy", limit.Token, cancellationToken);
    }

    private static async Task<bool> IsHealthyAsync(RunningApp app, CancellationToken cancellationToken)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "healthz");
            using var response = await app.Sidecar.App.SendAsync(request, cancellationToken);
            return response.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private static async Task PauseAsync(RunningApp app, string what, CancellationToken limit, CancellationToken cancellationToken)
    {
        if (app.Process.HasExited)
        {
            await app.Process.Exited;
            throw Died(app);
        }
        try
        {
            await Task.Delay(Poll, limit);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw new RunnerException($"{app.Process.Name} {what} after {AppStartLimit.TotalSeconds} s. It said last:\n{string.Join('\n', app.Process.Tail())}", exception);
        }
    }

    private void Announce()
    {
        var address = $"http://localhost:{_apps[^1].Spec.Port}";
        var server = address == "http://localhost:8080" ? "" : $" --server {address}";
        output.Say("");
        output.Say($"Ready: {_apps.Count} apps are healthy. ImDapr is at {address}");
        output.Say($"Chat:  dotnet run --project tools/Chat -- --as ann{server}");
        output.Say("Stop:  Ctrl+C");
        output.Say("");
    }

    private static RunnerException Died(RunningApp app) =>
        new($"{app.Process.Name} ended with exit code {app.Process.ExitCode}. It said last:\n{string.Join('\n', app.Process.Tail())}");

    private static string DisplayName(RunFile file, AppSpec spec) =>
        file.Apps.Count(app => app.AppId == spec.AppId) > 1 ? $"{spec.AppId}:{spec.Port}" : spec.AppId;

    public async ValueTask DisposeAsync()
    {
        // In the opposite order, so that nobody calls what is gone already; and each app may use its sidecar while it drains.
        foreach (var app in Enumerable.Reverse(_apps))
            await app.Process.StopAsync(Grace);
        foreach (var app in _apps)
        {
            await app.Sidecar.DisposeAsync();
            await app.Process.DisposeAsync();
        }
        if (_scheduler is not null)
            await _scheduler.DisposeAsync();
        _reminders?.Dispose();
        if (_servers is not null)
            await _servers.DisposeAsync();
        _loggers.Dispose();
    }

    private sealed record RunningApp(AppSpec Spec, Sidecar Sidecar, AppProcess Process);
}
