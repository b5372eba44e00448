using System.Diagnostics;
using System.Threading.Channels;
using Dapr.Client;
using ImDapr.Contracts;
using ImDapr.MessageService.Telemetry;
using ImDapr.ServiceDefaults.Hosting;
using ImDapr.ServiceDefaults.Observability;
using ImDapr.ServiceDefaults.Versions;

namespace ImDapr.MessageService.Sending;

/// <summary>
/// Publishes stored batches on <c>im.messages</c> while the next ones are being stored, and acknowledges them when that is done. What a message
/// of the batch changes about another one is changed before: whoever is told of it finds it done.
/// </summary>
public sealed partial class MessagePublisher(MessageAmender amender, DaprClient dapr, ILogger<MessagePublisher> logger) : FinishingService
{
    private const int Parallel = 4;
    private static readonly TimeSpan PublishTimeout = TimeSpan.FromSeconds(4);

    // Full: the writer waits, its batches grow, its own queue fills, and senders are told.
    private readonly Channel<SequencedBatch> _queue = Channel.CreateBounded<SequencedBatch>(Parallel);

    public ValueTask PublishAsync(SequencedBatch batch, CancellationToken cancellationToken) => _queue.Writer.WriteAsync(batch, cancellationToken);

    // The writer has stopped before.
    protected override void Complete() => _queue.Writer.TryComplete();

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(Enumerable.Range(0, Parallel).Select(_ => RunAsync(stoppingToken)));

    private async Task RunAsync(CancellationToken stoppingToken)
    {
        await foreach (var batch in _queue.Reader.ReadAllAsync(stoppingToken))
            await PublishOneAsync(batch, stoppingToken);
    }

    private async Task PublishOneAsync(SequencedBatch batch, CancellationToken stoppingToken)
    {
        var messages = batch.Messages();
        using var spans = StageSpans.Start("publish", ActivityKind.Producer, messages.Select(message => message.TraceParent));
        try
        {
            using var timeout = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
            timeout.CancelAfter(PublishTimeout);
            await amender.ApplyAsync(messages, timeout.Token);
            await PublishAsync(messages, timeout.Token);
            batch.Acknowledge();
        }
        catch (Exception exception) when (exception is OperationCanceledException || ProblemExceptionHandler.RefusalOf(exception) is not null)
        {
            // Stored, but perhaps in nobody's inbox: no acknowledgement. A retry finds the entity and publishes again.
            LogNotPublished(exception, messages.Length, LoggedConversations.Of(messages));
            MessageMetrics.PublishFailures.Add(messages.Length);
            spans.Fail(exception.GetType().Name);
            batch.Refuse(ErrorCodes.Unavailable, "The message could not be published; try again.");
        }
    }

    private async Task PublishAsync(Message[] messages, CancellationToken cancellationToken)
    {
        var start = Stopwatch.GetTimestamp();
        await dapr.PublishAsync(DaprNames.PubSub, MessagesStored.Of(messages), cancellationToken);
        MessageMetrics.PublishDuration.RecordSince(start);
        MessageMetrics.PublishBatch.Record(messages.Length);
    }

    [LoggerMessage(3103, LogLevel.Warning, "{Count} stored messages of {ConversationIds} were not published")]
    private partial void LogNotPublished(Exception exception, int count, string[] conversationIds);
}
