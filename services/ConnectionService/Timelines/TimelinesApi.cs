using ImDapr.Contracts;

namespace ImDapr.ConnectionService.Timelines;

/// <summary>Every node hears who reads a timeline from now on, or no more.</summary>
public static class TimelinesApi
{
    public static void MapTimelines(this IEndpointRouteBuilder routes) =>
        routes.MapPost("/events/timelines", ChangeAsync).WithTopic(DaprNames.Broadcast, Topics.Timelines).ExcludeFromDescription();

    public static WebApplicationBuilder AddTimelines(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<TimelineChannels>().AddSingleton<TimelineReaders>().AddSingleton<NewReaders>();
        builder.Services.AddHostedService(provider => provider.GetRequiredService<NewReaders>());
        return builder;
    }

    private static async Task ChangeAsync(EventEnvelope<TimelineMembers> readership, TimelineReaders readers, NewReaders joined, CancellationToken cancellationToken)
    {
        var change = readership.Data;
        await readers.EndAsync(change);
        await joined.AddAsync(change.ConversationId, change.Joined, cancellationToken);
    }
}
