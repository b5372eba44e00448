using Dapr.Client;
using ImDapr.Contracts;
using ImDapr.MessageService.Telemetry;
using ImDapr.ServiceDefaults.Hosting;

namespace ImDapr.MessageService.Notifications;

/// <summary>
/// What came to the dead-letter topic: either it is bad, or of a version that this instance does not know either, then it stays there for who wants to
/// look at it; or something was away for longer than a delivery is repeated, then it is put to the end of the topic until everything is back.
/// </summary>
public sealed partial class DeadNotifications(NotificationHandler handler, DaprClient dapr, TimeProvider time, ILogger<DeadNotifications> logger)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    public async Task DriveAgainAsync(ReadOnlyMemory<byte> json, string source, string type, CancellationToken cancellationToken)
    {
        MessageMetrics.CountDeadLetter(Topics.Notifications);
        try
        {
            await handler.TakeAsync(json, source, type, cancellationToken);
        }
        catch (Exception outage) when (ProblemExceptionHandler.RefusalOf(outage) is not null)
        {
            LogLater(outage, source);
            await Task.Delay(Pause, time, cancellationToken);
            await dapr.PublishByteEventAsync(
                DaprNames.PubSub, Topics.Dead(Topics.Notifications), json, "application/json",
                new Dictionary<string, string> { ["cloudevent.source"] = source, ["cloudevent.type"] = type }, cancellationToken);
        }
    }

    [LoggerMessage(3404, LogLevel.Warning, "A notification of {Source} cannot be delivered yet; it is tried again later")]
    private partial void LogLater(Exception outage, string source);
}
