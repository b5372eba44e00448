namespace ImDapr.ServiceDefaults.Observability;

/// <summary>
/// Names of all metrics, as Prometheus shows them: dashboards and alerts hang on them, so a name never changes its meaning
/// (docs/operations.md lists each; a test compares the two). Labels have few values: never an id of a user, a device or a conversation.
/// </summary>
public static class MetricNames
{
    // Every service.
    public const string Ready = "imdapr_ready";
    public const string PartUp = "imdapr_readiness_part_up";
    public const string Draining = "imdapr_draining";
    public const string StateConflicts = "imdapr_state_conflicts_total";

    // connection-service.
    public const string Connections = "imdapr_connections";
    public const string Sends = "imdapr_sends_total";
    public const string SendDuration = "imdapr_send_duration_seconds";
    public const string Acks = "imdapr_acks_total";
    public const string Syncs = "imdapr_syncs_total";
    public const string SyncDuration = "imdapr_sync_duration_seconds";
    public const string SendQueue = "imdapr_send_queue_messages";
    public const string SendBatch = "imdapr_send_batch_messages";
    public const string SendBatchFailures = "imdapr_send_batch_failures_total";
    public const string AckQueue = "imdapr_ack_queue_cursors";
    public const string AckBatch = "imdapr_ack_batch_cursors";
    public const string AckBatchFailures = "imdapr_ack_batch_failures_total";
    public const string Pushes = "imdapr_pushes_total";
    public const string PushFailures = "imdapr_push_failures_total";
    public const string PushBatch = "imdapr_push_batch_entries";
    public const string PushDuration = "imdapr_push_duration_seconds";
    public const string PushDelay = "imdapr_push_delay_seconds";
    public const string BackplaneUp = "imdapr_backplane_up";
    public const string BackplaneFailures = "imdapr_backplane_failures_total";
    public const string LeaseFailures = "imdapr_lease_failures_total";
    public const string LeaseRestores = "imdapr_lease_restores_total";

    // message-service.
    public const string StoreQueue = "imdapr_store_queue_messages";
    public const string StoreBatch = "imdapr_store_batch_messages";
    public const string StoreDuration = "imdapr_store_duration_seconds";
    public const string StoreFailures = "imdapr_store_failures_total";
    public const string SequencerRetries = "imdapr_sequencer_retries_total";
    public const string PublishBatch = "imdapr_publish_batch_messages";
    public const string PublishDuration = "imdapr_publish_duration_seconds";
    public const string PublishFailures = "imdapr_publish_failures_total";
    public const string FanOutBatch = "imdapr_fanout_batch_messages";
    public const string FanOutDuration = "imdapr_fanout_duration_seconds";
    public const string AppendBatch = "imdapr_append_batch_references";
    public const string AppendDuration = "imdapr_append_duration_seconds";
    public const string AppendFailures = "imdapr_append_failures_total";
    public const string GapsFilled = "imdapr_gaps_filled_total";
    public const string InboxRebuilds = "imdapr_inbox_rebuilds_total";
    public const string SyncResets = "imdapr_sync_resets_total";
    public const string DeadLetters = "imdapr_dead_letters_total";

    // user-service.
    public const string Logins = "imdapr_logins_total";
    public const string RelationRetries = "imdapr_relation_retries_total";
}
