using ImDapr.ConnectionService.Hubs;
using ImDapr.Contracts;
using ImDapr.ServiceDefaults.Hosting;

namespace ImDapr.ConnectionService.Sessions;

/// <summary>Every node hears of every ended session; the one that holds the connection closes it.</summary>
public static class SessionsApi
{
    public static void MapSessions(this IEndpointRouteBuilder routes) =>
        routes.MapPost("/events/sessions", (EventEnvelope<SessionEnded> ended, SessionCloser closer, CancellationToken cancellationToken) =>
            closer.EndLocalAsync(ended.Data, cancellationToken)).WithTopic(DaprNames.Broadcast, Topics.Sessions).ExcludeFromDescription();

    public static WebApplicationBuilder AddSessions(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<NodeIdentity>().AddSingleton<LocalConnections>().AddSingleton<SessionCloser>().AddSingleton<SessionKeeper>();
        builder.Services.AddDrainStep<HubDrain>().AddUncountedPath(HubExtensions.Path);
        return builder;
    }
}
