using ImDapr.ConnectionService.Delivery;
using ImDapr.ConnectionService.Hubs;
using ImDapr.ConnectionService.Sessions;
using ImDapr.Contracts;
using Microsoft.AspNetCore.SignalR;

namespace ImDapr.ConnectionService.Presence;

/// <summary>Pushes of presence, on a channel for each user who is watched.</summary>
public sealed class PresenceChannels(HubLifetimeManager<ImHub> hub, TimeProvider time, ILogger<PresenceChannels> logger, BackplaneLink? link = null)
    : FollowedChannels<UserPresence>("presence", hub, time, logger, link)
{
    protected override Subscriptions NamesOf(LocalConnection connection) => connection.Watched;

    protected override Func<UserPresence, Task> Open(string name) => presence => CallAsync(name, nameof(IImClient.Presence), presence);
}
