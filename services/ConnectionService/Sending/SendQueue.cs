using System.Threading.Channels;
using ImDapr.Contracts;
using ImDapr.ServiceDefaults.Hosting;

namespace ImDapr.ConnectionService.Sending;

/// <summary>
/// Sends of this node that arrive together travel together: whatever waits goes into one call of message-service, some calls at a time. A send that
/// comes alone waits for nobody.
/// </summary>
public sealed partial class SendQueue(Func<SendBatch, CancellationToken, Task<SendBatchAnswer>> deliver, ILogger<SendQueue> logger) : BackgroundService
{
    private const int QueueCapacity = 10_000;
    private const int MaxBatch = 256;
    private const int Parallel = 4;
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(15);
    private static readonly Refusal NoAnswer = new(ErrorCodes.Unavailable, "The message was not acknowledged; send it again with the same clientMessageId.");
    private static readonly Refusal Full = new(ErrorCodes.Unavailable, "Too many messages wait on this node; try again.");

    private readonly Channel<Waiting> _queue = Channel.CreateBounded<Waiting>(QueueCapacity);

    /// <summary>Sends and waits for the answer. Who stops waiting stops nobody else: the message may be stored all the same.</summary>
    public async Task<Answer<SendAck>> SendAsync(SendCommand command, CancellationToken cancellationToken)
    {
        var waiting = new Waiting(command);
        if (!_queue.Writer.TryWrite(waiting))
            return Answer<SendAck>.Refused(Full);
        return await waiting.Answer.Task.WaitAsync(cancellationToken);
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(Enumerable.Range(0, Parallel).Select(_ => RunAsync(stoppingToken)));

    private async Task RunAsync(CancellationToken stoppingToken)
    {
        var batch = new List<Waiting>();
        while (await _queue.Reader.WaitToReadAsync(stoppingToken))
        {
            TakeBatch(batch);
            if (batch.Count > 0)
                await DeliverAsync(batch, stoppingToken);
        }
    }

    private void TakeBatch(List<Waiting> batch)
    {
        batch.Clear();
        var bytes = 0;
        while (batch.Count < MaxBatch && bytes < Limits.BatchBytes && _queue.Reader.TryRead(out var waiting))
        {
            batch.Add(waiting);
            bytes += waiting.Bytes;
        }
    }

    private async Task DeliverAsync(List<Waiting> batch, CancellationToken stoppingToken)
    {
        try
        {
            using var timeout = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
            timeout.CancelAfter(CallTimeout);
            var answer = await deliver(new SendBatch([.. batch.Select(waiting => waiting.Command)]), timeout.Token);
            for (var i = 0; i < batch.Count; i++)
                batch[i].Answer.TrySetResult(answer.Answers[i]);
        }
        catch (Exception exception) when (exception is OperationCanceledException || ProblemExceptionHandler.RefusalOf(exception) is not null)
        {
            LogNotDelivered(exception, batch.Count);
            foreach (var waiting in batch)
                waiting.Answer.TrySetResult(Answer<SendAck>.Refused(NoAnswer));
        }
    }

    private sealed class Waiting(SendCommand command)
    {
        public SendCommand Command => command;

        // Bodies over the limit are refused by message-service; here they only count.
        public int Bytes { get; } = 256 + (command.Message.Body?.GetRawText().Length ?? 0);

        public TaskCompletionSource<Answer<SendAck>> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    [LoggerMessage(2101, LogLevel.Warning, "{Count} sends were not answered by message-service")]
    private partial void LogNotDelivered(Exception exception, int count);
}
