using System.Diagnostics.Metrics;
using ImDapr.ServiceDefaults.Observability;

namespace ImDapr.MessageService.Telemetry;

/// <summary>Instruments of message-service (docs/operations.md).</summary>
public static class MessageMetrics
{
    private static readonly Meter Meter = new("ImDapr.MessageService");

    public static readonly UpDownCounter<int> StoreQueue =
        Meter.CreateUpDownCounter<int>(MetricNames.StoreQueue, description: "Messages that wait on this instance to be stored");

    public static readonly Histogram<int> StoreBatch = Meter.CreateSize(MetricNames.StoreBatch, "Messages stored together");

    public static readonly Histogram<double> StoreDuration = Meter.CreateLatency(MetricNames.StoreDuration, "Storing one batch, with all its rounds");

    public static readonly Counter<long> StoreFailures = Meter.CreateCounter<long>(MetricNames.StoreFailures, description: "Messages that could not be stored");

    public static readonly Counter<long> SequencerRetries = Meter.CreateCounter<long>(
        MetricNames.SequencerRetries, description: "Rows or commits that were retries of a client or lost their seq to another instance");

    public static readonly Histogram<int> PublishBatch = Meter.CreateSize(MetricNames.PublishBatch, "Messages of one event on im.messages");

    public static readonly Histogram<double> PublishDuration = Meter.CreateLatency(MetricNames.PublishDuration, "Publishing one event on im.messages");

    public static readonly Counter<long> PublishFailures =
        Meter.CreateCounter<long>(MetricNames.PublishFailures, description: "Stored messages that could not be published");

    public static readonly Histogram<int> FanOutBatch = Meter.CreateSize(MetricNames.FanOutBatch, "Messages of one event that is fanned out");

    public static readonly Histogram<double> FanOutDuration = Meter.CreateLatency(MetricNames.FanOutDuration, "Fanning out one event, to the last inbox");

    public static readonly Histogram<int> AppendBatch = Meter.CreateSize(MetricNames.AppendBatch, "References that one inbox takes with one write");

    public static readonly Histogram<double> AppendDuration = Meter.CreateLatency(MetricNames.AppendDuration, "One append to one inbox, as fan-out sees it, with its wait for the save before");

    public static readonly Counter<long> AppendFailures =
        Meter.CreateCounter<long>(MetricNames.AppendFailures, description: "Appends that failed; their event comes again");

    public static readonly Counter<long> InboxRebuilds =
        Meter.CreateCounter<long>(MetricNames.InboxRebuilds, description: "Inboxes that had lost a part and were begun anew");

    public static readonly Counter<long> SyncResets =
        Meter.CreateCounter<long>(MetricNames.SyncResets, description: "Syncs that told a device to start over");

    private static readonly Counter<long> GapsFilled = Meter.CreateCounter<long>(
        MetricNames.GapsFilled, description: "Inbox entries that came from the entity store because no event had brought them yet");

    private static readonly Counter<long> DeadLetters =
        Meter.CreateCounter<long>(MetricNames.DeadLetters, description: "Events that came from a dead-letter topic, to be tried again");

    /// <param name="during">What found them missing: <c>append</c> or <c>sync</c>.</param>
    /// <param name="entries">How many.</param>
    public static void CountFilled(string during, int entries)
    {
        if (entries > 0)
            GapsFilled.Add(entries, new KeyValuePair<string, object?>("during", during));
    }

    /// <param name="topic">The topic whose event is dead.</param>
    public static void CountDeadLetter(string topic) => DeadLetters.Add(1, new KeyValuePair<string, object?>("topic", topic));
}
