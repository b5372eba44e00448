using Dapr;
using ImDapr.Contracts;

namespace ImDapr.ConnectionService.Delivery;

/// <summary>Where deliveries come from.</summary>
public static class DeliveryApi
{
    public static void MapDelivery(this IEndpointRouteBuilder routes)
    {
        var backplane = routes.ServiceProvider.GetRequiredService<Backplane>();
        routes.MapPost("/events/deliveries", (EventEnvelope<Deliveries> deliveries, DeliveryHandler handler, CancellationToken cancellationToken) =>
            handler.PushAsync(deliveries.Data, cancellationToken)).WithTopic(TopicFor(backplane)).ExcludeFromDescription();
    }

    public static WebApplicationBuilder AddDelivery(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<OrderedPushes>().AddHostedService(provider => provider.GetRequiredService<OrderedPushes>());
        builder.Services.AddSingleton<LocalPushes>().AddSingleton<DeliveryHandler>();
        return builder;
    }

    // With a backplane any node can push to any user, so one node takes each event. Without one every node takes every event and pushes to
    // the connections it holds: several nodes work on one machine without Redis too.
    private static TopicOptions TopicFor(Backplane backplane) => new()
    {
        PubsubName = backplane.IsConfigured ? DaprNames.PubSub : DaprNames.Broadcast,
        Name = Topics.Deliveries,
        DeadLetterTopic = backplane.IsConfigured ? Topics.Dead(Topics.Deliveries) : null,
    };
}
