using ImDapr.ConnectionService.Hubs;
using ImDapr.ServiceDefaults.Health;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.StackExchangeRedis;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace ImDapr.ConnectionService.Delivery;

public static class BackplaneExtensions
{
    /// <summary>Joins the nodes over Redis when there is one.</summary>
    public static ISignalRServerBuilder AddBackplane(this ISignalRServerBuilder signalR, Backplane backplane)
    {
        signalR.Services.AddSingleton(backplane).AddSingleton<DefaultHubLifetimeManager<ImHub>>();
        if (backplane.Redis is not { } redis)
        {
            signalR.Services.AddSingleton<HubLifetimeManager<ImHub>>(provider => provider.GetRequiredService<DefaultHubLifetimeManager<ImHub>>());
            return signalR;
        }
        signalR.AddStackExchangeRedis().Services.AddSingleton<HubLifetimeManager<ImHub>, HubOverBackplane>();
        signalR.Services.AddSingleton<BackplaneLink>().AddSingleton<BackplaneWatch>().AddSingleton<NodeChannel>();
        signalR.Services.AddHostedService(provider => provider.GetRequiredService<BackplaneWatch>());
        signalR.Services.AddHostedService(provider => provider.GetRequiredService<NodeChannel>());
        signalR.Services.AddReadinessPart<BackplaneCheck>("backplane");
        signalR.Services.AddSingleton<IConfigureOptions<RedisOptions>>(provider => new ConfigureOptions<RedisOptions>(options =>
        {
            options.Configuration = redis;
            options.Configuration.ChannelPrefix = RedisChannel.Literal(Backplane.ChannelPrefix);
            options.ConnectionFactory = log => provider.GetRequiredService<BackplaneLink>().ConnectAsync(log);
        }));
        return signalR;
    }
}
