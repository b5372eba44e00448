using ImDapr.ConnectionService.Telemetry;
using ImDapr.Contracts;
using Microsoft.Extensions.Options;

namespace ImDapr.ConnectionService.Sending;

/// <summary>Sends of this node that travel together.</summary>
public sealed class SendQueue(MessageServiceClient messages, IOptions<SendQueueOptions> options, TimeProvider time, ILogger<SendQueue> logger)
    : BatchQueue<SendAck>(options, time, logger)
{
    private static readonly Answer<SendAck> Unwritable = Answer<SendAck>.Refused(
        ErrorCodes.InvalidArgument, $"A text is not valid Unicode, or the body is nested deeper than {Limits.BodyDepth} levels.");

    protected override string Stage => "send batch";

    protected override TimeSpan SpacingOf(SendQueueOptions options) => options.Spacing;

    /// <summary>Sends with the next batch.</summary>
    public async Task<Answer<SendAck>> SendAsync(SendCommand command, CancellationToken cancellationToken) =>
        BatchWriter.TryWrite(command) is { } json ? await CallAsync(json, command.TraceParent, cancellationToken) : Unwritable;

    protected override async Task<Answer<SendAck>[]> AskAsync(IReadOnlyList<PendingCall<SendAck>> batch, CancellationToken cancellationToken) =>
        (await messages.SendAsync(BatchWriter.Write("sends", batch), cancellationToken)).Answers;

    protected override void CountWaiting(int change) => ConnectionMetrics.SendQueue.Add(change);

    protected override void CountBatch(int calls) => ConnectionMetrics.SendBatch.Record(calls);

    protected override void CountFailure() => ConnectionMetrics.SendBatchFailures.Add(1);
}

/// <summary>Acknowledgements of this node that travel together.</summary>
public sealed class AckQueue(MessageServiceClient messages, IOptions<SendQueueOptions> options, TimeProvider time, ILogger<AckQueue> logger)
    : BatchQueue<Done>(options, time, logger)
{
    protected override string Stage => "acknowledge";

    protected override TimeSpan SpacingOf(SendQueueOptions options) => options.AckSpacing;

    /// <summary>Acknowledges with the next batch.</summary>
    public Task<Answer<Done>> AcknowledgeAsync(DeviceAck ack, CancellationToken cancellationToken) =>
        CallAsync(ContractsJson.Write(ack), null, cancellationToken);

    protected override async Task<Answer<Done>[]> AskAsync(IReadOnlyList<PendingCall<Done>> batch, CancellationToken cancellationToken) =>
        (await messages.AcknowledgeAsync(BatchWriter.Write("acks", batch), cancellationToken)).Answers;

    protected override void CountWaiting(int change) => ConnectionMetrics.AckQueue.Add(change);

    protected override void CountBatch(int calls) => ConnectionMetrics.AckBatch.Record(calls);

    protected override void CountFailure() => ConnectionMetrics.AckBatchFailures.Add(1);
}
