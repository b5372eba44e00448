using Dapr;
using ImDapr.ConnectionService.Edge;
using ImDapr.ConnectionService.Hubs;
using ImDapr.Contracts;

namespace ImDapr.ConnectionService.Delivery;

public static class DeliveryApi
{
    /// <summary>What the sidecar delivers. On the public port too, so only the sidecar gets in.</summary>
    public static void MapDelivery(this IEndpointRouteBuilder routes)
    {
        var events = routes.MapGroup("/events").AddEndpointFilter<SidecarOnly>();
        events.MapPost("/deliveries", (Deliveries deliveries, DeliveryHandler handler) => handler.HandleAsync(deliveries))
            .WithTopic(new TopicOptions { PubsubName = DaprNames.PubSub, Name = Topics.Deliveries, DeadLetterTopic = Topics.Dead(Topics.Deliveries) });
        events.MapPost("/sessions", (SessionEnded ended, DeviceSessions sessions, CancellationToken cancellationToken) => sessions.CloseEndedAsync(ended, cancellationToken))
            .WithTopic(DaprNames.Broadcast, Topics.Sessions);
    }
}
