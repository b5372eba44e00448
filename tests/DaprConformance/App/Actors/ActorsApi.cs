using Dapr.Actors;
using Dapr.Actors.Runtime;
using ImDapr.DaprConformanceApp.Recording;

namespace ImDapr.DaprConformanceApp.Actors;

/// <summary>The actor types; an app whose id ends in <c>-b</c> only calls them.</summary>
public static class ActorsApi
{
    private static readonly bool IsHost = !Instance.AppId.EndsWith("-b", StringComparison.Ordinal);

    public static void AddConformanceActors(this IServiceCollection services) => services.AddActors(options =>
    {
        options.UseJsonSerialization = true;
        options.HttpEndpoint = Instance.SidecarHttp;
        if (!IsHost)
            return;
        options.DrainOngoingCallTimeout = TimeSpan.FromSeconds(5);
        options.DrainRebalancedActors = true;
        options.Actors.RegisterActor<CounterActor>();
        options.Actors.RegisterActor<ScriptedActor>();
        options.Actors.RegisterActor<GuardedActor>();
        options.Actors.RegisterActor<IdleActor>(new ActorRuntimeOptions { ActorIdleTimeout = TimeSpan.FromSeconds(2) });
        options.Actors.RegisterActor<ReentrantActor>(
            new ActorRuntimeOptions { ReentrancyConfig = new ActorReentrancyConfig { Enabled = true, MaxStackDepth = 4 } });
    });

    public static void MapConformanceActors(this IEndpointRouteBuilder routes)
    {
        routes.MapActorsHandlers();
        foreach (var type in new[] { nameof(ScriptedActor), nameof(ReentrantActor), nameof(IdleActor), nameof(GuardedActor) })
            routes.MapScriptedActor(type);
    }
}
