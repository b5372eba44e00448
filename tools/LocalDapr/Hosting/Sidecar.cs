using System.Net;
using Grpc.AspNetCore.Server.Model;
using ImDapr.LocalDapr.Actors;
using ImDapr.LocalDapr.Api;
using ImDapr.LocalDapr.Invocation;
using ImDapr.LocalDapr.Policies;
using ImDapr.LocalDapr.PubSub;
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
    private readonly ResourceFiles _resources;
    private readonly SidecarComponents _components;
    private readonly InvocationForwarder _invocation;
    private readonly ActorRuntime _actors;
    private readonly SidecarMetadata _metadata;
    private readonly SidecarShutdown _shutdown = new();
    private readonly SemaphoreSlim _connecting = new(1, 1);
    private CancellationTokenSource? _subscribed;
    private AppHealth? _health;
    private WebApplication? _host;
    private int _disposed;
    private volatile bool _componentsReady;
    private volatile bool _appReady;

    private Sidecar(SidecarOptions options, ResourceFiles resources, SidecarComponents components, AppChannel app, Loaded loaded)
    {
        (Options, _resources, _components, _app, _around) = (options, resources, components, app, loaded.Around);
        _logger = _around.Loggers.CreateLogger<Sidecar>();
        _invocation = new InvocationForwarder(_around.Router, app, loaded.Resiliency, _around.Time);
        _actors = new ActorRuntime(
            options.AppId, app, components.ActorStore, _around.Placement, _around.Reminders, _around.Time, _around.Loggers, loaded.Resiliency,
            loaded.Configuration.Features.Contains(SidecarConfiguration.ActorStateTtl));
        _metadata = new SidecarMetadata(options, loaded.Configuration, _actors, loaded.Resiliency.Names, components.Specs);
    }

    public SidecarOptions Options { get; }

    public int HttpPort { get; private set; }

    public int GrpcPort { get; private set; }

    /// <summary>Completes when the app has asked for the sidecar's end (<c>/v1.0/shutdown</c>).</summary>
    public Task ShutdownAsked => _shutdown.Asked;

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

    /// <summary>Waits until the app listens, then asks what it subscribes to and which actors it hosts, and starts both.</summary>
    /// <remarks>With health checks it returns before: the app is connected when it is healthy, and disconnected when it is not.</remarks>
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
        _appReady = true;
        _health = new AppHealth(_app, health, healthy => healthy ? TryStartAppAsync() : TryStopAppAsync(), _around.Time, _logger);
    }

    /// <summary>Hands the actors over and stops the subscriptions; calls that run end or are drained. The app is still there to be told.</summary>
    public async Task DisconnectAppAsync(CancellationToken cancellationToken = default)
    {
        await StopProbesAsync();
        await StopAppAsync(cancellationToken);
        _around.Router.Remove(_app);
        _appReady = false;
    }

    /// <summary>The app's process is gone: nothing more is sent to it, and its actors live elsewhere from now on.</summary>
    public async Task LoseAppAsync()
    {
        _appReady = false;
        _around.Router.Remove(_app);
        await _actors.HostLostAsync();
        await StopProbesAsync();
        await UnsubscribeAsync();
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
            sidecar = new Sidecar(options, resources, components, app, new Loaded(configuration, resiliency, around)) { _componentsReady = true };
            await sidecar.ListenAsync(cancellationToken);
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

    private async Task StartAppAsync(CancellationToken cancellationToken)
    {
        await _connecting.WaitAsync(cancellationToken);
        try
        {
            if (_subscribed is not null)
                return;
            _around.Router.Add(_app);
            var config = await GetAsync("dapr/config", cancellationToken);
            await _actors.StartAsync(config is null ? ActorConfig.None : ActorConfig.Parse(config), cancellationToken);
            await SubscribeAsync(cancellationToken);
            _appReady = true;
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
            await UnsubscribeAsync();
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

    private async Task UnsubscribeAsync()
    {
        if (Interlocked.Exchange(ref _subscribed, null) is not { } subscribed)
            return;
        await subscribed.CancelAsync();
        _metadata.Subscriptions = [];
    }

    private async Task SubscribeAsync(CancellationToken cancellationToken)
    {
        var subscribed = new CancellationTokenSource();
        _subscribed = subscribed;
        var answer = await GetAsync("dapr/subscribe", cancellationToken);
        var asked = answer is null ? [] : SubscriptionAnswer.Read(Options.AppId, answer);
        var declared = _resources.Subscriptions.Where(file => ResourceFiles.InScope(file.Scopes, Options.AppId)).Select(file => file.Subscription);
        var started = new List<Subscription>();
        foreach (var subscription in declared.Concat(asked))
        {
            if (await TrySubscribeAsync(subscription, subscribed.Token))
                started.Add(subscription);
        }
        _metadata.Subscriptions = started;
    }

    // What daprd passes over in silence, or with a line in its log, is no reason to end here either.
    private async Task<bool> TrySubscribeAsync(Subscription subscription, CancellationToken lifetime)
    {
        if (subscription.Rules.Count == 0)
            LogNoSubscription(_logger, Options.AppId, subscription.PubSub, subscription.Topic, "it has no route");
        else if (_components.PubSubs.GetValueOrDefault(subscription.PubSub) is not { } block)
            LogNoSubscription(_logger, Options.AppId, subscription.PubSub, subscription.Topic, "there is no such pub/sub component");
        else
            return await TrySubscribeAsync(block, subscription, lifetime);
        return false;
    }

    private async Task<bool> TrySubscribeAsync(PubSubBlock block, Subscription subscription, CancellationToken lifetime)
    {
        try
        {
            await block.SubscribeAsync(subscription, lifetime);
            return true;
        }
        catch (DaprError error)
        {
            LogNoSubscription(_logger, Options.AppId, subscription.PubSub, subscription.Topic, error.Message);
            return false;
        }
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
        host.MapGet("/v1.0/healthz", (HttpContext context) => Health(context));
        host.MapGet("/v1.0/healthz/outbound", () => _componentsReady ? Results.NoContent() : NotReady("ERR_OUTBOUND_HEALTH_NOT_READY", "dapr outbound is not ready"));
        host.MapDaprHttp(blocks, _metadata, _shutdown);
        host.MapActors(_actors);
        host.MapGrpcService<DaprGrpcService>();
    }

    private IResult Health(HttpContext context)
    {
        if (!_componentsReady || !_appReady)
            return NotReady("ERR_HEALTH_NOT_READY", "dapr is not ready: [app]");
        var asked = context.Request.Query["appid"];
        return asked.Count > 0 && asked != Options.AppId ? NotReady("ERR_HEALTH_APPID_NOT_MATCH", "dapr app-id does not match") : Results.NoContent();
    }

    private static IResult NotReady(string code, string message) => Results.Json(new { errorCode = code, message }, statusCode: 500);

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

    [LoggerMessage(9712, LogLevel.Warning, "{AppId}: no subscription to {Topic} of {PubSub}: {Reason}")]
    private static partial void LogNoSubscription(ILogger logger, string appId, string pubSub, string topic, string reason);

    [LoggerMessage(9713, LogLevel.Error, "{AppId} answered {Status} on /{Path}: it counts as having none")]
    private static partial void LogAppAnswered(ILogger logger, string appId, int status, string path);

    [LoggerMessage(9714, LogLevel.Error, "{AppId} could not be connected; its next health check that succeeds tries again")]
    private static partial void LogNotConnected(ILogger logger, string appId, Exception error);
}
