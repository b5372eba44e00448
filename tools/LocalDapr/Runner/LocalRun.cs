using ImDapr.LocalDapr.Hosting;
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
    // Longer than a service of ours may take: 20 s to drain and 10 s to stop.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(35);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(50);

    private readonly List<RunningApp> _apps = [];
    private readonly ILoggerFactory _loggers = LoggerFactory.Create(logging => logging.AddProvider(new ConsoleOutputLoggerProvider(output)));
    private readonly List<Task> _awaited = [];
    private readonly CancellationTokenSource _stop = new();
    private PrivateServers? _servers;
    private LocalDaprHost? _host;

    /// <summary>Starts everything and answers when every app is healthy.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var file = RunFile.Read(options.RunFile);
        foreach (var note in file.Notes)
            output.Line("localdapr", $"Warning: {note}");
        RefuseTakenPorts(file);
        var data = Path.Combine(file.Folder, ".imdapr");
        IReadOnlyDictionary<string, string> served = new Dictionary<string, string>();
        if (options.StartServers)
        {
            _servers = new PrivateServers(data, output);
            served = await _servers.StartAsync(cancellationToken);
        }
        _host = new LocalDaprHost(data, _loggers);
        foreach (var spec in file.Apps)
        {
            if (await StartAppAsync(file, spec, served, _host, cancellationToken) is { } app)
                _apps.Add(app);
        }
        await Task.WhenAll(_apps.Where(app => app.Spec.Listens).Select(app => WaitConnectedAsync(app, cancellationToken)));
        await Task.WhenAll(_apps.Where(app => app.Spec.Listens).Select(app => WaitHealthyAsync(app, cancellationToken)));
        Announce(file);
    }

    /// <summary>Waits for the first app that ends by itself.</summary>
    /// <exception cref="RunnerException">Always: which app, and what it said last.</exception>
    public async Task WaitAsync(CancellationToken cancellationToken)
    {
        if (_apps.Count == 0)
            await Task.Delay(Timeout.Infinite, cancellationToken);
        var ended = await Task.WhenAny(_apps.Select(app => app.Process.Exited)).WaitAsync(cancellationToken);
        throw Died(_apps.First(app => app.Process.Exited == ended));
    }

    /// <summary>Null for an app that somebody else starts, whenever he likes.</summary>
    private async Task<RunningApp?> StartAppAsync(
        RunFile file, AppSpec spec, IReadOnlyDictionary<string, string> served, LocalDaprHost host, CancellationToken cancellationToken)
    {
        var environment = EnvironmentOf(spec, served);
        var sidecar = await host.AddSidecarAsync(spec.Sidecar with { ResourcesPaths = ResourceFolders(spec), Environment = environment }, cancellationToken);
        if (!spec.IsStarted)
        {
            _awaited.Add(AwaitAppAsync(sidecar));
            return null;
        }
        var name = DisplayName(file, spec);
        var process = AppProcess.Start(name, spec.Folder, spec.Command, Variables(sidecar, environment), line => output.Line(name, line));
        var app = new RunningApp(spec, sidecar, process);
        try
        {
            if (spec.Listens)
            {
                await WaitListeningAsync(app, cancellationToken);
                await sidecar.ConnectAppAsync(cancellationToken);
            }
            _ = LoseWhenGoneAsync(app);
            return app;
        }
        catch
        {
            await process.DisposeAsync();
            throw;
        }
    }

    private async Task AwaitAppAsync(Sidecar sidecar)
    {
        if (sidecar.Options.AppPort == 0)
            return;
        try
        {
            await sidecar.ConnectAppAsync(_stop.Token);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            return; // it never came
        }
        catch (Exception failure)
        {
            output.Line("localdapr", $"Warning: {sidecar.Options.AppId} on port {sidecar.Options.AppPort} could not be connected: {failure.Message}");
        }
    }

    private static async Task LoseWhenGoneAsync(RunningApp app)
    {
        await app.Process.Exited;
        await app.Sidecar.LoseAppAsync();
    }

    /// <summary>The variables of the file; what the environment already holds wins over it.</summary>
    private static Dictionary<string, string> EnvironmentOf(AppSpec spec, IReadOnlyDictionary<string, string> served)
    {
        var environment = spec.Environment.ToDictionary(pair => pair.Key, pair => Environment.GetEnvironmentVariable(pair.Key) ?? pair.Value);
        foreach (var (name, value) in served)
            environment[name] = value;
        return environment;
    }

    private static Dictionary<string, string> Variables(Sidecar sidecar, Dictionary<string, string> environment)
    {
        var variables = new Dictionary<string, string>(environment);
        foreach (var (name, value) in sidecar.AppVariables)
            variables[name] = value;
        if (sidecar.Options.AppPort == 0)
            variables.Remove("APP_PORT");
        return variables;
    }

    /// <summary>Without --resources the embedded components are taken where there are any: nothing to install.</summary>
    private IReadOnlyList<string> ResourceFolders(AppSpec spec) => options.Resources.Count > 0
        ? [.. options.Resources.Select(Path.GetFullPath)]
        : [.. spec.Sidecar.ResourcesPaths.Select(path => Path.Combine(path, "embedded") is var embedded && Directory.Exists(embedded) ? embedded : path)];

    private static void RefuseTakenPorts(RunFile file)
    {
        foreach (var spec in file.Apps)
        {
            // Whom somebody else starts may be there already.
            foreach (var port in new[] { spec.IsStarted ? spec.Port : 0, spec.Sidecar.HttpPort, spec.Sidecar.GrpcPort }.Where(port => port > 0))
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

    // With health checks an app is connected only when it is healthy.
    private static async Task WaitConnectedAsync(RunningApp app, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(AppStartLimit);
        while (!app.Sidecar.Connected.IsCompleted)
            await PauseAsync(app, "is not connected to its sidecar", limit.Token, cancellationToken);
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
            using var response = await app.Sidecar.App.SendAnywayAsync(request, cancellationToken);
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

    private void Announce(RunFile file)
    {
        output.Say("");
        output.Say(_awaited.Count == 0
            ? $"Ready: {_apps.Count} apps are healthy."
            : $"Ready: {_apps.Count} apps are healthy, {_awaited.Count} sidecars wait for theirs.");
        foreach (var line in ReadyText(file))
            output.Say(line);
        output.Say("Stop:  Ctrl+C");
        output.Say("");
    }

    // A project says in <run file>.ready.txt what to do next; {app-id} stands for the address of that app.
    private IEnumerable<string> ReadyText(RunFile file)
    {
        var path = Path.ChangeExtension(file.File, ".ready.txt");
        if (!File.Exists(path))
            return _apps.Where(app => app.Spec.Listens).Select(app => $"{app.Process.Name} is at http://localhost:{app.Spec.Port}");
        return File.ReadAllLines(path).Select(
            line => _apps.Aggregate(line, (text, app) => text.Replace($"{{{app.Spec.AppId}}}", $"http://localhost:{app.Spec.Port}")));
    }

    private static RunnerException Died(RunningApp app) =>
        new($"{app.Process.Name} ended with exit code {app.Process.ExitCode}. It said last:\n{string.Join('\n', app.Process.Tail())}");

    private static string DisplayName(RunFile file, AppSpec spec) =>
        file.Apps.Count(app => app.AppId == spec.AppId) > 1 ? $"{spec.AppId}:{spec.Port}" : spec.AppId;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_awaited);
        // In the opposite order, so that nobody calls what is gone already; and each app may use its sidecar while it drains.
        foreach (var app in Enumerable.Reverse(_apps))
        {
            await HandOverAsync(app);
            await app.Process.StopAsync(Grace);
        }
        if (_host is not null)
            await _host.DisposeAsync();
        foreach (var app in _apps)
            await app.Process.DisposeAsync();
        if (_servers is not null)
            await _servers.DisposeAsync();
        _loggers.Dispose();
        _stop.Dispose();
    }

    private static async Task HandOverAsync(RunningApp app)
    {
        if (app.Process.HasExited || !app.Spec.Listens)
            return;
        using var limit = new CancellationTokenSource(Grace);
        try
        {
            await app.Sidecar.DisconnectAppAsync(limit.Token);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            return; // what it still does is cut off with its process
        }
    }

    private sealed record RunningApp(AppSpec Spec, Sidecar Sidecar, AppProcess Process);
}
