using System.Diagnostics.Metrics;
using ImDapr.ServiceDefaults.Observability;

namespace ImDapr.ConnectionService.Telemetry;

/// <summary>Instruments of connection-service (docs/operations.md).</summary>
public static class ConnectionMetrics
{
    private static readonly Meter Meter = new("ImDapr.ConnectionService");

    public static readonly UpDownCounter<int> Connections =
        Meter.CreateUpDownCounter<int>(MetricNames.Connections, description: "Live hub connections of this node");

    public static readonly Counter<long> Sends = Meter.CreateCounter<long>(MetricNames.Sends, description: "Sends by how they were answered");

    public static readonly Histogram<double> SendDuration =
        Meter.CreateLatency(MetricNames.SendDuration, "From the hub call to its acknowledgement, of sends that were acknowledged");

    public static readonly Counter<long> Acks = Meter.CreateCounter<long>(MetricNames.Acks, description: "Cursors that devices acknowledged");

    public static readonly Counter<long> Syncs = Meter.CreateCounter<long>(MetricNames.Syncs, description: "Syncs over the hub by how they were answered");

    public static readonly Histogram<double> SyncDuration = Meter.CreateLatency(MetricNames.SyncDuration, "Syncs over the hub that were answered");

    public static readonly UpDownCounter<int> SendQueue =
        Meter.CreateUpDownCounter<int>(MetricNames.SendQueue, description: "Sends that wait on this node for a batch");

    public static readonly Histogram<int> SendBatch = Meter.CreateSize(MetricNames.SendBatch, "Sends of one invocation of message-service");

    public static readonly Counter<long> SendBatchFailures =
        Meter.CreateCounter<long>(MetricNames.SendBatchFailures, description: "Batches of sends that got no answer");

    public static readonly UpDownCounter<int> AckQueue =
        Meter.CreateUpDownCounter<int>(MetricNames.AckQueue, description: "Acknowledgements that wait on this node for a batch");

    public static readonly Histogram<int> AckBatch = Meter.CreateSize(MetricNames.AckBatch, "Acknowledgements of one invocation of message-service");

    public static readonly Counter<long> AckBatchFailures =
        Meter.CreateCounter<long>(MetricNames.AckBatchFailures, description: "Batches of acknowledgements that got no answer");

    public static readonly Counter<long> Pushes = Meter.CreateCounter<long>(MetricNames.Pushes, description: "Pushes to a user or a timeline by what they carry");

    public static readonly Counter<long> PushFailures =
        Meter.CreateCounter<long>(MetricNames.PushFailures, description: "Pushes that failed or took too long");

    public static readonly Histogram<int> PushBatch = Meter.CreateSize(MetricNames.PushBatch, "Pushes of one delivery event");

    public static readonly Histogram<double> PushDuration = Meter.CreateLatency(MetricNames.PushDuration, "Writing all pushes of one delivery event");

    public static readonly Histogram<double> PushDelay = Meter.CreateLatency(MetricNames.PushDelay, "From a message's sentAt to its push");

    public static readonly Gauge<int> BackplaneUp =
        Meter.CreateGauge<int>(MetricNames.BackplaneUp, description: "1: this node receives pushes of the others over Redis");

    public static readonly Counter<long> BackplaneFailures =
        Meter.CreateCounter<long>(MetricNames.BackplaneFailures, description: "Connections to the backplane that broke");

    public static readonly Counter<long> LeaseFailures =
        Meter.CreateCounter<long>(MetricNames.LeaseFailures, description: "Heartbeats that could not renew this node's lease");

    public static readonly Counter<long> LeaseRestores =
        Meter.CreateCounter<long>(MetricNames.LeaseRestores, description: "Times that presence was written again because the lease had ended");

    public static void CountPushes(string kind, int count)
    {
        if (count > 0)
            Pushes.Add(count, new KeyValuePair<string, object?>("kind", kind));
    }
}
