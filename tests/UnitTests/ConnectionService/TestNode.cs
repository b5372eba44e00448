using ImDapr.ConnectionService.Delivery;
using ImDapr.ConnectionService.Hubs;
using ImDapr.ConnectionService.Sessions;
using ImDapr.Contracts;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.DependencyInjection;

namespace ImDapr.UnitTests.ConnectionService;

/// <summary>The hub of a node, with connections that remember what is written to them.</summary>
internal sealed class TestNode : IAsyncDisposable
{
    private readonly ServiceProvider _services = SignalR();

    public TestNode(TimeProvider time)
    {
        Ordered = new OrderedPushes(time);
        Pushes = new LocalPushes(Connections, Clients, Ordered);
    }

    public LocalConnections Connections { get; } = new();

    public OrderedPushes Ordered { get; }

    public LocalPushes Pushes { get; }

    public HubLifetimeManager<ImHub> Hub => _services.GetRequiredService<HubLifetimeManager<ImHub>>();

    public IHubContext<ImHub, IImClient> Clients => _services.GetRequiredService<IHubContext<ImHub, IImClient>>();

    /// <summary>The user's connection to this node.</summary>
    public async Task<Reader> ConnectAsync(string userId)
    {
        var reader = new Reader(userId);
        await Hub.OnConnectedAsync(reader);
        Connections.Add(reader.Local);
        return reader;
    }

    public async ValueTask DisposeAsync()
    {
        await Ordered.StopAsync(CancellationToken.None);
        Ordered.Dispose();
        await _services.DisposeAsync();
    }

    private static ServiceProvider SignalR()
    {
        var services = new ServiceCollection();
        services.AddLogging().AddSignalRCore();
        return services.BuildServiceProvider();
    }
}
