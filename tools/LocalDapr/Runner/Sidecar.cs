using System.Net;
using System.Text.Json;
using Grpc.AspNetCore.Server.Model;
using ImDapr.LocalDapr.Actors;
using ImDapr.LocalDapr.Api;
using ImDapr.LocalDapr.Bindings;
using ImDapr.LocalDapr.Invocation;
using ImDapr.LocalDapr.PubSub;
using ImDapr.LocalDapr.Resources;
using ImDapr.LocalDapr.State;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace ImDapr.LocalDapr.Runner;

/// <summary>What all sidecars of this process share.</summary>
public sealed record SidecarNeighbourhood(
    InvocationRouter Router, ActorHostRegistry Placement, ReminderStore Reminders, TimeProvider Time, ILoggerFactory Loggers);

/// <summary>One app instance's sidecar: its components, and Dapr's two APIs on a pair of ports.</summary>
public sealed class Sidecar : IAsyncDisposable
{
    // daprd's default for both APIs.
    private const int MaxBodyBytes = 4 * 1024 * 1024;

    private readonly SidecarNeighbourhood _around;
    private readonly AppChannel _app;
    private readonly SidecarBlocks _blocks;
    private readonly List<IAsyncDisposable> _components = [];
    private readonly CancellationTokenSource _lifetime = new();
    private WebApplication? _host;
    private volatile bool _componentsReady;
    private volatile bool _appReady;

    public Sidecar(AppSpec spec, IReadOnlyList<ComponentSpec> components, SidecarNeighbourhood around, IStateStore? actorStore)
    {
        (Spec, _around) = (spec, around);
        _app = new AppChannel(spec.AppId, spec.Port, Environment.GetEnvironmentVariable("APP_API_TOKEN"));
        _blocks = new SidecarBlocks
        {
            AppId = spec.AppId,
            Components = components,
            Invocation = new InvocationForwarder(around.Router, spec.AppId, around.Time),
            Actors = new ActorRuntime(spec.AppId, _app, actorStore, around.Placement, around.Reminders, around.Time, around.Loggers),
        };
    }

    public AppSpec Spec { get; }

    public int HttpPort { get; private set; }

    public int GrpcPort { get; private set; }

    public AppChannel App => _app;

    /// <summary>Loads the components and opens both APIs; the app is not needed yet.</summary>
    /// <exception cref="ComponentException">A component cannot be loaded.</exception>
    public static async Task<Sidecar> StartAsync(
        AppSpec spec, IReadOnlyList<ComponentSpec> components, Resiliency resiliency, SidecarNeighbourhood around, CancellationToken cancellationToken)
    {
        var states = components.Where(component => component.Type.StartsWith("state.", StringComparison.Ordinal))
            .ToDictionary(component => component, component => StateStores.Create(component, around.Time, around.Loggers));
        var actorStores = states.Where(pair => pair.Key.Flag("actorStateStore")).ToList();
        if (actorStores.Count > 1)
            throw new ComponentException($"{spec.AppId}: only one component may be the actor state store, found {string.Join(", ", actorStores.Select(pair => pair.Key.Name))}");
        var sidecar = new Sidecar(spec, components, around, actorStores.Select(pair => pair.Value).FirstOrDefault());
        await sidecar.LoadAsync(states, resiliency, cancellationToken);
        await sidecar.ListenAsync(cancellationToken);
        return sidecar;
    }

    /// <summary>The app listens: asks what it subscribes to and which actors it hosts, and starts both.</summary>
    public async Task ConnectAppAsync(IReadOnlyList<SubscriptionFile> declared, CancellationToken cancellationToken)
    {
        _around.Router.Add(_app);
        var config = await GetAsync("dapr/config", cancellationToken);
        await _blocks.Actors.StartAsync(config is null ? ActorConfig.None : ActorConfig.Parse(config), cancellationToken);
        var asked = await GetAsync("dapr/subscribe", cancellationToken);
        var subscriptions = (asked is null ? [] : Subscription.Read(Spec.AppId, JsonElement.Parse(asked)))
            .Concat(declared.Where(file => ResourceFiles.InScope(file.Scopes, Spec.AppId)).Select(file =>
                new Subscription(file.PubSub, file.Topic, file.Route.TrimStart('/'), file.DeadLetterTopic, file.Metadata)));
        foreach (var subscription in subscriptions)
            await _blocks.PubSub(subscription.PubSub, subscription.Topic).SubscribeAsync(subscription, _lifetime.Token);
        _appReady = true;
    }

    /// <summary>The app's process is gone: nothing more is sent to it, and its actors live elsewhere from now on.</summary>
    public async Task DisconnectAppAsync()
    {
        _appReady = false;
        _around.Router.Remove(_app);
        await _blocks.Actors.HostLostAsync();
    }

    private async Task LoadAsync(Dictionary<ComponentSpec, IStateStore> states, Resiliency resiliency, CancellationToken cancellationToken)
    {
        foreach (var component in _blocks.Components)
        {
            switch (component.Type.Split('.')[0])
            {
                case "state":
                    await states[component].InitAsync(cancellationToken);
                    _components.Add(states[component]);
                    _blocks.States[component.Name] = new StateBlock(
                        component.Name, states[component], StateBlock.PrefixOf(component),
                        resiliency.ForComponent(component.Name, "Statestore", "Outbound"), _around.Time);
                    break;
                case "pubsub":
                    await LoadPubSubAsync(component, resiliency, cancellationToken);
                    break;
                case "bindings":
                    await LoadBindingAsync(component, resiliency, cancellationToken);
                    break;
                default:
                    throw new ComponentException($"{component.File}: component {component.Name} has type {component.Type}, which LocalDapr does not know");
            }
        }
        _componentsReady = true;
    }

    private async Task LoadPubSubAsync(ComponentSpec component, Resiliency resiliency, CancellationToken cancellationToken)
    {
        var broker = PubSubs.Create(component, _around.Time, _around.Loggers);
        _components.Add(broker);
        await broker.InitAsync(cancellationToken);
        _blocks.PubSubs[component.Name] = new PubSubBlock(
            component.Name, broker, resiliency.ForComponent(component.Name, "Pubsub", "Outbound"),
            resiliency.ForComponent(component.Name, "Pubsub", "Inbound"), _app, _around.Time, _around.Loggers);
    }

    private async Task LoadBindingAsync(ComponentSpec component, Resiliency resiliency, CancellationToken cancellationToken)
    {
        var binding = OutputBindings.Create(component, _around.Time, _around.Loggers);
        _components.Add(binding);
        await binding.InitAsync(cancellationToken);
        _blocks.Bindings[component.Name] = new BindingBlock(
            component.Name, binding, resiliency.ForComponent(component.Name, "Binding", "Outbound"), _around.Time);
    }

    private async Task ListenAsync(CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton(_around.Loggers);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = MaxBodyBytes;
            kestrel.Listen(IPAddress.Loopback, Spec.HttpPort, listen => listen.Protocols = HttpProtocols.Http1);
            kestrel.Listen(IPAddress.Loopback, Spec.GrpcPort, listen => listen.Protocols = HttpProtocols.Http2);
        });
        var metadata = new SidecarMetadata(Spec.AppId, _blocks.Components);
        builder.Services.AddGrpc(grpc => (grpc.MaxReceiveMessageSize, grpc.MaxSendMessageSize) = (MaxBodyBytes, MaxBodyBytes));
        builder.Services.AddSingleton(_blocks).AddSingleton(metadata).AddSingleton<DaprGrpcService>();
        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton(typeof(IServiceMethodProvider<>), typeof(DescriptorMethodProvider<>)));
        _host = builder.Build();
        _host.UseExceptionHandler(errors => errors.Run(WriteErrorAsync));
        _host.MapGet("/v1.0/healthz", () => Health(_componentsReady && _appReady));
        _host.MapGet("/v1.0/healthz/outbound", () => Health(_componentsReady));
        _host.MapPost("/v1.0/shutdown", () => Results.NoContent());
        _host.MapDaprHttp(_blocks, metadata);
        _host.MapActors(_blocks.Actors);
        _host.MapGrpcService<DaprGrpcService>();
        await _host.StartAsync(cancellationToken);
        var ports = _host.Urls.Select(url => new Uri(url).Port).ToArray();
        (HttpPort, GrpcPort) = (ports[0], ports[1]);
    }

    private static IResult Health(bool ready) => ready
        ? Results.NoContent()
        : Results.Json(new { errorCode = "ERR_HEALTH_NOT_READY", message = "dapr is not ready" }, statusCode: 500);

    private static Task WriteErrorAsync(HttpContext context)
    {
        var exception = context.Features.Get<IExceptionHandlerFeature>()!.Error;
        (int status, string code) = exception switch
        {
            DaprError error => (error.Http, error.Code),
            Microsoft.AspNetCore.Http.BadHttpRequestException bad => (bad.StatusCode, "ERR_MALFORMED_REQUEST"),
            _ => (500, "ERR_INTERNAL"),
        };
        context.Response.StatusCode = status;
        return context.Response.WriteAsJsonAsync(new { errorCode = code, message = exception.Message });
    }

    private async Task<byte[]?> GetAsync(string path, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        using var response = await _app.SendAsync(request, cancellationToken);
        if (response.StatusCode == HttpStatusCode.NotFound)
            return null;
        response.EnsureSuccessStatusCode();
        return await response.Content.ReadAsByteArrayAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await DisconnectAppAsync();
        await _lifetime.CancelAsync();
        foreach (var component in _components)
            await component.DisposeAsync();
        if (_host is not null)
            await _host.DisposeAsync();
        _app.Dispose();
        _lifetime.Dispose();
    }
}
