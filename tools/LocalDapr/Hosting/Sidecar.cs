using System.Net;
using Grpc.AspNetCore.Server.Model;
using ImDapr.LocalDapr.Actors;
using ImDapr.LocalDapr.Api;
using ImDapr.LocalDapr.Invocation;
using ImDapr.LocalDapr.Policies;
using ImDapr.LocalDapr.Resources;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace ImDapr.LocalDapr.Hosting;

/// <summary>What all sidecars of one host share.</summary>
internal sealed record SidecarNeighbourhood(
    InvocationRouter Router, ActorHostRegistry Placement, ReminderStore Reminders, TimeProvider Time, ILoggerFactory Loggers);

/// <summary>One app instance's sidecar: its components, and Dapr's two APIs on a pair of ports.</summary>
public sealed partial class Sidecar : IAsyncDisposable
{
    // How long a drain may take that nobody waits for in particular.
    private static readonly TimeSpan DrainLimit = TimeSpan.FromSeconds(30);

    private readonly SidecarNeighbourhood _around;
    private readonly ILogger _logger;
    private readonly AppChannel _app;
    private readonly SidecarComponents _components;
    private readonly InvocationForwarder _invocation;
    private readonly ActorRuntime _actors;
    private readonly SidecarMetadata _metadata;
    private readonly SidecarSubscriptions _subscriptions;
    private readonly SidecarHealth _ready;
    private readonly SidecarShutdown _shutdown = new();
    private readonly SemaphoreSlim _connecting = new(1, 1);
    private readonly TaskCompletionSource _connected = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private AppHealth? _health;
    private WebApplication? _host;
    private int _disposed;

    private Sidecar(SidecarOptions options, ResourceFiles resources, SidecarComponents components, AppChannel app, Loaded loaded)
    {
        (Options, _components, _app, _around) = (options, components, app, loaded.Around);
        _logger = _around.Loggers.CreateLogger<Sidecar>();
        _ready = new SidecarHealth(options.AppId) { HasComponents = true };
        _invocation = new InvocationForwarder(_around.Router, app, loaded.Resiliency, _around.Time);
        _actors = new ActorRuntime(
            options.AppId, app, components.ActorStore, _around.Placement, _around.Reminders, _around.Time, _around.Loggers, loaded.Resiliency,
            loaded.Configuration.Features.Contains(SidecarConfiguration.ActorStateTtl));
        _metadata = new SidecarMetadata(options, loaded.Configuration, _actors, loaded.Resiliency.Names, components.Specs);
        _subscriptions = new SidecarSubscriptions(options.AppId, resources, components.PubSubs, _metadata, _around.Time, _logger);
    }

    public SidecarOptions Options { get; }

    public int HttpPort { get; private set; }

    public int GrpcPort { get; private set; }

    /// <summary>The variables by which the Dapr SDK of an app finds this sidecar.</summary>
    public IReadOnlyDictionary<string, string> AppVariables => new Dictionary<string, string>
    {
        ["APP_ID"] = Options.AppId,
        ["APP_PORT"] = $"{Options.AppPort}",
        ["APP_PROTOCOL"] = "http",
        ["DAPR_HTTP_PORT"] = $"{HttpPort}",
        ["DAPR_GRPC_PORT"] = $"{GrpcPort}",
        // An address spares the SDK a try at ::1 first.
        ["DAPR_HTTP_ENDPOINT"] = $"http://127.0.0.1:{HttpPort}",
        ["DAPR_GRPC_ENDPOINT"] = $"http://127.0.0.1:{GrpcPort}",
    };

    internal AppChannel App => _app;

    /// <summary>Completes when the app's subscriptions stand and its actors are hosted for the first time.</summary>
    public Task Connected => _connected.Task;

    /// <summary>Waits until the app listens, then asks what it subscribes to and which actors it hosts, and starts both.</summary>
    /// <remarks>
    /// With health checks it returns before: the app is connected when it is healthy (<see cref="Connected"/>), and disconnected when it is not.
    /// </remarks>
    public async Task ConnectAppAsync(CancellationToken cancellationToken = default)
    {
        while (!await Runner.Ports.AcceptsAsync("127.0.0.1", Options.AppPort, cancellationToken))
            await Task.Delay(TimeSpan.FromMilliseconds(50), _around.Time, cancellationToken);
        if (Options.AppHealth is not { } health)
        {
            await StartAppAsync(cancellationToken);
            return;
        }
        _around.Router.Add(_app);
        _ready.HasApp = true;
        _health = new AppHealth(_app, health, healthy => healthy ? TryStartAppAsync() : TryStopAppAsync(), _around.Time, _logger);
    }

    /// <summary>Stops the subscriptions and hands the actors over; what runs may end, within limits. The app is still there to be told.</summary>
    public async Task DisconnectAppAsync(CancellationToken cancellationToken = default)
    {
        if (Volatile.Read(ref _disposed) != 0)
            return;
        await StopProbesAsync();
        await StopAppAsync(cancellationToken);
        _around.Router.Remove(_app);
        _ready.HasApp = false;
    }

    /// <summary>The app's process is gone: nothing more is sent to it, and its actors live elsewhere from now on.</summary>
    public async Task LoseAppAsync()
    {
        _ready.HasApp = false;
        _around.Router.Remove(_app);
        await _actors.HostLostAsync();
        await StopProbesAsync();
        await _subscriptions.EndAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        await LoseAppAsync();
        await _components.DisposeAsync();
        if (_host is not null)
            await _host.DisposeAsync();
        _invocation.Dispose();
        _app.Dispose();
        _connecting.Dispose();
    }

    internal static async Task<Sidecar> StartAsync(SidecarOptions options, SidecarNeighbourhood around, CancellationToken cancellationToken)
    {
        var logger = around.Loggers.CreateLogger<Sidecar>();
        var resources = ResourceFiles.Read(options.ResourcesPaths);
        var configuration = options.ConfigurationFile is null
            ? SidecarConfiguration.Default
            : SidecarConfiguration.Read(options.ConfigurationFile, what => LogWithoutEffect(logger, what));
        var resiliency = ResiliencyFile.Read(
            resources.Resiliencies.Where(file => ResourceFiles.InScope(file.Scopes, options.AppId)).Select(file => (file.Name, file.Spec)), around.Time, logger);
        var app = new AppChannel(options.AppId, options.AppPort, options.Variable("APP_API_TOKEN"), options.AppMaxConcurrency);
        var components = new SidecarComponents(options, configuration, resiliency, app, around);
        Sidecar? sidecar = null;
        try
        {
            await components.LoadAsync(resources.Components.Where(component => ResourceFiles.InScope(component.Scopes, options.AppId)), cancellationToken);
            sidecar = new Sidecar(options, resources, components, app, new Loaded(configuration, resiliency, around));
            await sidecar.ListenAsync(cancellationToken);
            _ = sidecar.EndWhenAskedAsync(); // whoever asked has been answered; what it comes to is in the log
            return sidecar;
        }
        catch
        {
            if (sidecar is not null)
                await sidecar.DisposeAsync();
            else
                await components.DisposeAsync();
            throw;
        }
    }

    // On /v1.0/shutdown: what runs may end, then this sidecar is gone and its app goes on without one.
    private async Task EndWhenAskedAsync()
    {
        await _shutdown.Asked;
        LogShutdown(_logger, Options.AppId, Options.AppPort);
        using var limit = new CancellationTokenSource(DrainLimit);
        try
        {
            await DisconnectAppAsync(limit.Token);
            await _host!.StopAsync(limit.Token); // calls that are under way are answered, first of all the one that asked
        }
        catch (OperationCanceledException exception) when (limit.IsCancellationRequested)
        {
            LogNotDrained(_logger, Options.AppId, exception);
        }
        await DisposeAsync();
    }

    private async Task StartAppAsync(CancellationToken cancellationToken)
    {
        await _connecting.WaitAsync(cancellationToken);
        try
        {
            if (_subscriptions.Stand)
                return;
            _around.Router.Add(_app);
            var config = await GetAsync("dapr/config", cancellationToken);
            await _actors.StartAsync(config is null ? ActorConfig.None : ActorConfig.Parse(config), cancellationToken);
            await _subscriptions.StartAsync(await GetAsync("dapr/subscribe", cancellationToken));
            _ready.HasApp = true;
            _connected.TrySetResult();
        }
        finally
        {
            _connecting.Release();
        }
    }

    // The next health check that succeeds tries again.
    private async Task<bool> TryStartAppAsync()
    {
        using var limit = new CancellationTokenSource(DrainLimit);
        try
        {
            await StartAppAsync(limit.Token);
            return true;
        }
        catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException or FormatException or ResourceException or ComponentException)
        {
            LogNotConnected(_logger, Options.AppId, exception);
            await StopAppAsync(CancellationToken.None);
            return false;
        }
    }

    private async Task<bool> TryStopAppAsync()
    {
        await StopAppAsync(CancellationToken.None);
        return true;
    }

    private async Task StopAppAsync(CancellationToken cancellationToken)
    {
        await _connecting.WaitAsync(cancellationToken);
        try
        {
            await _subscriptions.StopAsync(cancellationToken);
            await _actors.StopAsync(cancellationToken);
        }
        finally
        {
            _connecting.Release();
        }
    }

    private async Task StopProbesAsync()
    {
        if (Interlocked.Exchange(ref _health, null) is { } health)
            await health.DisposeAsync();
    }

    private async Task ListenAsync(CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton(_around.Loggers);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = Options.MaxBodyBytes;
            kestrel.Listen(IPAddress.Loopback, Options.HttpPort, listen => listen.Protocols = HttpProtocols.Http1);
            kestrel.Listen(IPAddress.Loopback, Options.GrpcPort, listen => listen.Protocols = HttpProtocols.Http2);
        });
        var blocks = new SidecarBlocks
        {
            Invocation = _invocation,
            States = _components.States,
            PubSubs = _components.PubSubs,
            Bindings = _components.Bindings,
            Secrets = _components.Secrets,
        };
        builder.Services.AddGrpc(grpc => (grpc.MaxReceiveMessageSize, grpc.MaxSendMessageSize) = (Options.MaxBodyBytes, Options.MaxBodyBytes));
        builder.Services.AddSingleton(blocks).AddSingleton(_metadata).AddSingleton(_shutdown).AddSingleton<DaprGrpcService>();
        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton(typeof(IServiceMethodProvider<>), typeof(DescriptorMethodProvider<>)));
        _host = builder.Build();
        Map(_host, blocks);
        await _host.StartAsync(cancellationToken);
        var ports = _host.Urls.Select(url => new Uri(url).Port).ToArray();
        (HttpPort, GrpcPort) = (ports[0], ports[1]);
    }

    private void Map(WebApplication host, SidecarBlocks blocks)
    {
        var gate = new ApiGate(Options.Variable("DAPR_API_TOKEN"));
        host.Use(next => context => gate.InvokeAsync(context, next));
        host.UseRouting(); // after the gate, which cleans paths
        _ready.Map(host);
        host.MapDaprHttp(blocks, _metadata, _shutdown);
        host.MapActors(_actors);
        host.MapGrpcService<DaprGrpcService>();
    }

    private async Task<byte[]?> GetAsync(string path, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        using var response = await _app.SendAsync(request, cancellationToken);
        if (response.IsSuccessStatusCode)
            return await response.Content.ReadAsByteArrayAsync(cancellationToken);
        if (response.StatusCode != HttpStatusCode.NotFound)
            LogAppAnswered(_logger, Options.AppId, (int)response.StatusCode, path);
        return null;
    }

    private sealed record Loaded(SidecarConfiguration Configuration, Resiliency Resiliency, SidecarNeighbourhood Around);

    [LoggerMessage(9711, LogLevel.Warning, "{What}")]
    private static partial void LogWithoutEffect(ILogger logger, string what);

    [LoggerMessage(9713, LogLevel.Error, "{AppId} answered {Status} on /{Path}: it counts as having none")]
    private static partial void LogAppAnswered(ILogger logger, string appId, int status, string path);

    [LoggerMessage(9714, LogLevel.Error, "{AppId} could not be connected; its next health check that succeeds tries again")]
    private static partial void LogNotConnected(ILogger logger, string appId, Exception error);

    [LoggerMessage(9716, LogLevel.Information, "{AppId} on port {Port}: the sidecar was asked to shut down")]
    private static partial void LogShutdown(ILogger logger, string appId, int port);

    [LoggerMessage(9717, LogLevel.Warning, "{AppId}: what still ran when the sidecar shut down was cut off")]
    private static partial void LogNotDrained(ILogger logger, string appId, Exception error);
}
