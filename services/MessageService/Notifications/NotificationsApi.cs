using Dapr;
using ImDapr.Contracts;

namespace ImDapr.MessageService.Notifications;

public static class NotificationsApi
{
    // The middleware for CloudEvents leaves the data in the body and puts these beside it; Dapr writes the publisher's app id into the source.
    private const string SourceHeader = "Cloudevent.source";
    private const string TypeHeader = "Cloudevent.type";

    private const string Path = "/events/notifications";

    /// <summary>Other applications publish what they like and as what they like: the SDK's middleware unpacks it.</summary>
    public static void UseNotifications(this WebApplication app) => app.UseWhen(
        context => context.Request.Path.StartsWithSegments(Path, StringComparison.Ordinal),
        events => events.UseCloudEvents(new CloudEventsMiddlewareOptions
        {
            ForwardCloudEventPropertiesAsHeaders = true,
            IncludedCloudEventPropertiesAsHeaders = ["source", "type"],
        }));

    public static void MapNotifications(this IEndpointRouteBuilder routes)
    {
        routes.MapPost(Path, TakeAsync).WithTopic(Topic(Topics.Notifications, Topics.Dead(Topics.Notifications)));
        routes.MapPost($"{Path}/dead", TakeDeadAsync).WithTopic(Topic(Topics.Dead(Topics.Notifications), null));
    }

    // DROP goes to the dead-letter topic at once; an error, which an outage ends in, is tried again before.
    private static async Task<EventStatus> TakeAsync(HttpRequest request, NotificationHandler handler, CancellationToken cancellationToken) =>
        await handler.TakeAsync(await ReadAsync(request, cancellationToken), SourceOf(request), TypeOf(request), cancellationToken)
            ? EventStatus.Success
            : EventStatus.Drop;

    private static async Task<EventStatus> TakeDeadAsync(HttpRequest request, DeadNotifications dead, CancellationToken cancellationToken)
    {
        await dead.DriveAgainAsync(await ReadAsync(request, cancellationToken), SourceOf(request), TypeOf(request), cancellationToken);
        return EventStatus.Success;
    }

    private static string SourceOf(HttpRequest request) => request.Headers[SourceHeader].ToString();

    private static string TypeOf(HttpRequest request) => request.Headers[TypeHeader].ToString();

    private static async Task<ReadOnlyMemory<byte>> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        using var body = new MemoryStream();
        await request.Body.CopyToAsync(body, cancellationToken);
        return body.ToArray();
    }

    private static TopicOptions Topic(string name, string? deadLetterTopic) =>
        new() { PubsubName = DaprNames.PubSub, Name = name, DeadLetterTopic = deadLetterTopic };

    /// <summary>What Dapr does with an event.</summary>
    private sealed record EventStatus(string Status)
    {
        public static readonly EventStatus Success = new("SUCCESS");
        public static readonly EventStatus Drop = new("DROP");
    }
}
