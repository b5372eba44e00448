using System.Diagnostics;
using ImDapr.ConnectionService.Sessions;
using ImDapr.ConnectionService.Telemetry;
using ImDapr.ConnectionService.Timelines;
using ImDapr.Contracts;
using ImDapr.ServiceDefaults.Observability;

namespace ImDapr.ConnectionService.Delivery;

/// <summary>
/// Pushes new inbox entries, timeline messages, receipts and typing notices to the devices that are connected: entries to this node's connections at once
/// and to those of another node with one message for all of them, timelines with one for all nodes, and so what nobody knows the nodes of.
/// </summary>
/// <remarks>A push is a hint: what is lost here a device finds by its positions. So an event is done when its pushes were tried.</remarks>
public sealed partial class DeliveryHandler(
    LocalPushes local, TimelineChannels timelines, NodeIdentity node, TimeProvider time, ILogger<DeliveryHandler> logger, NodeChannel? others = null)
{
    // A client that does not read must not hold up the events behind this one.
    public static readonly TimeSpan PushTimeout = TimeSpan.FromSeconds(5);

    public async Task PushAsync(Deliveries deliveries, CancellationToken cancellationToken)
    {
        var start = Stopwatch.GetTimestamp();
        using var spans = StageSpans.Start("push", ActivityKind.Consumer, deliveries.Traces?.Values ?? []);
        var pushes = local.Push(deliveries)
            .Concat(ForwardAll(deliveries))
            .Concat((deliveries.Timelines ?? []).Select(timeline => timelines.PushAsync(timeline.ConversationId, [.. timeline.Messages.Select(index => deliveries.Messages[index])])))
            .ToArray();
        await Task.WhenAll(pushes).WaitAsync(PushTimeout, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

        var failed = pushes.Where(push => !push.IsCompletedSuccessfully).ToArray();
        Count(deliveries, pushes.Length, failed.Length, start);
        if (failed.Length > 0)
            LogNotPushed(failed.Select(push => push.Exception?.InnerException).FirstOrDefault(cause => cause is not null), failed.Length, pushes.Length);
    }

    private void Count(Deliveries deliveries, int pushes, int failed, long start)
    {
        ConnectionMetrics.PushDuration.RecordSince(start);
        ConnectionMetrics.PushBatch.Record(pushes);
        ConnectionMetrics.CountPushes("inbox", deliveries.Users.Length);
        ConnectionMetrics.CountPushes("timeline", deliveries.Timelines?.Length ?? 0);
        ConnectionMetrics.CountPushes("receipt", deliveries.Receipts.Length);
        ConnectionMetrics.CountPushes("typing", deliveries.Typings?.Length ?? 0);
        ConnectionMetrics.PushFailures.Add(failed);
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        // Clocks of nodes differ a little.
        foreach (var message in deliveries.Messages)
            ConnectionMetrics.PushDelay.Record(Math.Max(0, now - message.SentAt) / 1000.0);
    }

    // Without a backplane every node gets every event.
    private IEnumerable<Task> ForwardAll(Deliveries deliveries)
    {
        if (others is null)
            return [];
        var forwards = NodeDeliveries.ForOthers(deliveries, node.NodeId).Select(part => others.ForwardAsync(part.NodeId, part.Part));
        return NodeDeliveries.ForAll(deliveries) is { } unknown ? forwards.Append(others.ForwardToAllAsync(unknown)) : forwards;
    }

    [LoggerMessage(2301, LogLevel.Warning, "{Failed} of {Pushes} pushes failed or took too long; the devices will sync")]
    private partial void LogNotPushed(Exception? cause, int failed, int pushes);
}
