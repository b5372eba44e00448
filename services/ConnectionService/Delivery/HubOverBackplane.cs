using ImDapr.ConnectionService.Hubs;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.StackExchangeRedis;
using Microsoft.Extensions.Options;

namespace ImDapr.ConnectionService.Delivery;

/// <summary>SignalR's way to the connections of all nodes, which also hands those of this node to its way without a backplane: there a push for many is serialised once.</summary>
/// <param name="here">The connections of this node.</param>
internal sealed class HubOverBackplane(
    DefaultHubLifetimeManager<ImHub> here, ILogger<RedisHubLifetimeManager<ImHub>> logger, IOptions<RedisOptions> redis, IHubProtocolResolver protocols,
    IOptions<HubOptions> hubs, IOptions<HubOptions<ImHub>> hub) : RedisHubLifetimeManager<ImHub>(logger, redis, protocols, hubs, hub)
{
    public override async Task OnConnectedAsync(HubConnectionContext connection)
    {
        await here.OnConnectedAsync(connection);
        await base.OnConnectedAsync(connection);
    }

    public override async Task OnDisconnectedAsync(HubConnectionContext connection)
    {
        await here.OnDisconnectedAsync(connection);
        await base.OnDisconnectedAsync(connection);
    }
}
