using System.Net;
using Dapr.Actors;
using Dapr.Actors.Client;
using ImDapr.IntegrationTests.Stacks;
using ImDapr.LocalDapr.Actors;
using ImDapr.LocalDapr.Invocation;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace ImDapr.UnitTests.LocalDapr.Actors;

/// <summary>A real app on the official actor SDK, beside a sidecar that speaks HTTP: both on free ports, in real time.</summary>
internal sealed class SdkActorApp : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("imdapr-sdk-actors-").FullName;
    private readonly int _port = FreePorts.Next();
    private readonly WebApplication _sidecar;
    private readonly ActorRuntime _runtime;
    private readonly ReminderStore _reminders;
    private readonly ReminderScheduler _scheduler;
    private readonly AppChannel _channel;
    private WebApplication? _app;

    private SdkActorApp()
    {
        var registry = new ActorHostRegistry(NullLogger<ActorHostRegistry>.Instance);
        _channel = new AppChannel("counters", _port, null);
        _reminders = new ReminderStore(Path.Combine(_folder, "reminders.db"));
        _scheduler = new ReminderScheduler(_reminders, registry, TimeProvider.System, NullLogger<ReminderScheduler>.Instance);
        _runtime = new ActorRuntime("counters", _channel, Store, registry, _reminders, TimeProvider.System, NullLoggerFactory.Instance);
        _sidecar = Build(0, _ => { });
        _sidecar.MapActors(_runtime);
    }

    public MemoryStateStore Store { get; } = new();

    public string Address { get; private set; } = "";

    public static async Task<SdkActorApp> StartAsync()
    {
        var system = new SdkActorApp();
        await system._sidecar.StartAsync();
        system.Address = system._sidecar.Urls.First();
        await system.StartAppAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri("/dapr/config", UriKind.Relative));
        using var config = await system._channel.SendAsync(request, default);
        await system._runtime.StartAsync(ActorConfig.Parse(await config.Content.ReadAsByteArrayAsync()), default);
        return system;
    }

    public ActorProxy Proxy(string id) =>
        new ActorProxyFactory(new ActorProxyOptions { HttpEndpoint = Address, UseJsonSerialization = true }).Create(new ActorId(id), nameof(CounterActor));

    public async ValueTask DisposeAsync()
    {
        await _runtime.StopAsync(default);
        await _scheduler.DisposeAsync();
        await _app!.DisposeAsync();
        await _sidecar.DisposeAsync();
        _channel.Dispose();
        _reminders.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private Task StartAppAsync()
    {
        _app = Build(_port, services => services.AddActors(options =>
        {
            options.HttpEndpoint = Address;
            options.UseJsonSerialization = true;
            options.Actors.RegisterActor<CounterActor>();
        }));
        _app.MapActorsHandlers();
        return _app.StartAsync();
    }

    private static WebApplication Build(int port, Action<IServiceCollection> configure)
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port));
        configure(builder.Services);
        return builder.Build();
    }
}
