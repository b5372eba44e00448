using Dapr;
using ImDapr.Contracts;
using ImDapr.MessageService.Telemetry;

namespace ImDapr.MessageService.FanOut;

public static partial class FanOutApi
{
    public static void MapFanOut(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/events/messages", (EventEnvelope<MessagesStored> stored, FanOutHandler handler, CancellationToken cancellationToken) =>
            handler.HandleAsync(stored.Data, cancellationToken)).WithTopic(Topic(Topics.Messages, Topics.Dead(Topics.Messages)));
        routes.MapPost("/events/messages/dead", DriveAgainAsync).WithTopic(Topic(Topics.Dead(Topics.Messages), null));
    }

    // What fails here too is not lost: the entity is stored, and the recipients' next Sync finds it.
    private static Task DriveAgainAsync(
        EventEnvelope<MessagesStored> dead, FanOutHandler handler, ILogger<FanOutHandler> logger, CancellationToken cancellationToken)
    {
        var stored = dead.Data;
        LogDead(logger, stored.Messages.Length, LoggedConversations.Of(stored.Messages));
        MessageMetrics.CountDeadLetter(Topics.Messages);
        return handler.HandleAsync(stored, cancellationToken);
    }

    private static TopicOptions Topic(string name, string? deadLetterTopic) =>
        new() { PubsubName = DaprNames.PubSub, Name = name, DeadLetterTopic = deadLetterTopic };

    [LoggerMessage(3202, LogLevel.Warning, "A batch of {Count} messages of {ConversationIds} comes from the dead-letter topic and is fanned out again")]
    private static partial void LogDead(ILogger logger, int count, string[] conversationIds);
}
