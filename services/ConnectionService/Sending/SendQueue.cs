using System.Diagnostics;
using System.Threading.Channels;
using ImDapr.ConnectionService.Telemetry;
using ImDapr.Contracts;
using ImDapr.ServiceDefaults.Observability;
using Microsoft.Extensions.Options;

namespace ImDapr.ConnectionService.Sending;

/// <summary>
/// Sends of this node travel together: whatever waits when a flusher is free goes in one invocation. Under low load that is one send and no
/// delay; under high load the cost per send falls.
/// </summary>
public sealed partial class SendQueue(MessageServiceClient messages, IOptions<SendQueueOptions> options, TimeProvider time, ILogger<SendQueue> logger)
    : BackgroundService
{
    private static readonly Answer<SendAck> Unwritable = Answer<SendAck>.Refused(
        ErrorCodes.InvalidArgument, $"A text is not valid Unicode, or the body is nested deeper than {Limits.BodyDepth} levels.");

    private static readonly Answer<SendAck> Full = Answer<SendAck>.Refused(ErrorCodes.Unavailable, "Too many messages wait to be sent; try again.");

    private static readonly Answer<SendAck> Unanswered =
        Answer<SendAck>.Refused(ErrorCodes.Unavailable, "Whether the message was stored is not known; the same clientMessageId may be sent again.");

    private readonly Channel<PendingSend> _queue = Channel.CreateBounded<PendingSend>(options.Value.QueueCapacity);
    private readonly Lock _taking = new();
    private long _bytes;

    /// <summary>
    /// Sends with the next batch. Giving up the wait does not take the send out of its batch. Whoever waited for longer than the timeout, for the
    /// batches before it or for the answer, is told <c>unavailable</c>.
    /// </summary>
    public async Task<Answer<SendAck>> SendAsync(SendCommand command, CancellationToken cancellationToken)
    {
        if (SendBatchWriter.TryWrite(command) is not { } json)
            return Unwritable;
        var send = new PendingSend(json, command.TraceParent);
        if (!TryQueue(send))
            return Full;
        try
        {
            return await send.Answer.WaitAsync(options.Value.Timeout, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            return Unanswered;
        }
    }

    // Several may look at once and exceed the bytes by one message each, which is bounded by what SignalR takes.
    private bool TryQueue(PendingSend send)
    {
        if (Interlocked.Read(ref _bytes) >= options.Value.QueueBytes || !_queue.Writer.TryWrite(send))
            return false;
        Interlocked.Add(ref _bytes, send.Json.Length);
        ConnectionMetrics.SendQueue.Add(1);
        return true;
    }

    /// <summary>Accepts no more and lets what waits go out first, as long as the host waits.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        _queue.Writer.TryComplete();
        if (ExecuteTask is { } flushing)
            await flushing.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await base.StopAsync(cancellationToken);
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(Enumerable.Range(0, options.Value.BatchesInFlight).Select(_ => FlushAsync(stoppingToken)));

    private async Task FlushAsync(CancellationToken stoppingToken)
    {
        while (await _queue.Reader.WaitToReadAsync(stoppingToken))
        {
            if (Take() is { Count: > 0 } batch)
                await FlushAsync(batch, stoppingToken);
        }
    }

    private List<PendingSend> Take()
    {
        var batch = new List<PendingSend>();
        var bytes = 0;
        // Look and take are two steps, and flushers share the queue.
        lock (_taking)
        {
            while (batch.Count < options.Value.BatchSends && _queue.Reader.TryPeek(out var next))
            {
                bytes += next.Json.Length;
                if (batch.Count > 0 && bytes > Limits.BatchBytes)
                    break;
                if (!_queue.Reader.TryRead(out var taken))
                    break;
                Interlocked.Add(ref _bytes, -taken.Json.Length);
                batch.Add(taken);
            }
        }
        ConnectionMetrics.SendQueue.Add(-batch.Count);
        return batch;
    }

    private async Task FlushAsync(List<PendingSend> batch, CancellationToken stoppingToken)
    {
        ConnectionMetrics.SendBatch.Record(batch.Count);
        using var spans = StageSpans.Start("send batch", ActivityKind.Client, batch.Select(send => send.TraceParent));
        var answers = await AskAsync(batch, stoppingToken);
        if (answers is null)
        {
            ConnectionMetrics.SendBatchFailures.Add(1);
            spans.Fail("no answer");
        }
        for (var i = 0; i < batch.Count; i++)
            batch[i].Complete(answers?[i] ?? Unanswered);
    }

    private async Task<Answer<SendAck>[]?> AskAsync(List<PendingSend> batch, CancellationToken stoppingToken)
    {
        try
        {
            using var timeout = new CancellationTokenSource(options.Value.Timeout, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, stoppingToken);
            var answer = await messages.SendAsync(SendBatchWriter.Write(batch), either.Token);
            if (answer.Answers.Length == batch.Count)
                return answer.Answers;
            LogMismatch(answer.Answers.Length, batch.Count);
        }
        catch (Exception failure)
        {
            // Whatever it was: the callers wait for an answer and the flusher must live.
            LogUnanswered(failure, batch.Count);
        }
        return null;
    }

    [LoggerMessage(2101, LogLevel.Warning, "A batch of {Sends} sends got no answer")]
    private partial void LogUnanswered(Exception failure, int sends);

    [LoggerMessage(2102, LogLevel.Error, "{Answers} answers came for a batch of {Sends} sends")]
    private partial void LogMismatch(int answers, int sends);
}
