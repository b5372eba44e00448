using System.Diagnostics;
using System.Threading.Channels;
using ImDapr.Contracts;
using ImDapr.ServiceDefaults.Hosting;
using ImDapr.ServiceDefaults.Observability;
using Microsoft.Extensions.Options;

namespace ImDapr.ConnectionService.Sending;

/// <summary>
/// Calls of this node that travel together: whatever waits when a flusher is free goes in one invocation of message-service. A call that comes alone waits
/// for nothing; where they come closer, a batch begins some time (<see cref="SpacingOf"/>) after the one before at the earliest, for each costs as much as a dozen
/// messages in it, and without it a machine is as busy at a tenth of its load as at all of it.
/// </summary>
public abstract partial class BatchQueue<T>(IOptions<SendQueueOptions> options, TimeProvider time, ILogger logger) : FinishingService
    where T : class
{
    private static readonly Answer<T> Full = Answer<T>.Refused(ErrorCodes.Unavailable, "Too many calls wait to be sent; try again.");

    private static readonly Answer<T> Unanswered =
        Answer<T>.Refused(ErrorCodes.Unavailable, "Whether it was done is not known; the same call may be repeated, a send with its clientMessageId.");

    private readonly Channel<PendingCall<T>> _queue = Channel.CreateBounded<PendingCall<T>>(options.Value.QueueCapacity);
    private readonly Lock _taking = new();
    private long _bytes;
    private long _begun;

    /// <summary>Name of the span of a batch.</summary>
    protected abstract string Stage { get; }

    /// <summary>Least time from the beginning of a batch to that of the next.</summary>
    protected abstract TimeSpan SpacingOf(SendQueueOptions options);

    /// <summary>Asks message-service; as many answers as calls.</summary>
    protected abstract Task<Answer<T>[]> AskAsync(IReadOnlyList<PendingCall<T>> batch, CancellationToken cancellationToken);

    /// <summary>So many more wait, or fewer.</summary>
    protected abstract void CountWaiting(int change);

    protected abstract void CountBatch(int calls);

    protected abstract void CountFailure();

    /// <summary>
    /// Calls with the next batch. Giving up the wait does not take the call out of its batch. Whoever waited for longer than the timeout, for the
    /// batches before it or for the answer, is told <c>unavailable</c>.
    /// </summary>
    protected async Task<Answer<T>> CallAsync(byte[] json, string? traceParent, CancellationToken cancellationToken)
    {
        var call = new PendingCall<T>(json, traceParent);
        if (!TryQueue(call))
            return Full;
        try
        {
            return await call.Answer.WaitAsync(options.Value.Timeout, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            return Unanswered;
        }
    }

    // Several may look at once and exceed the bytes by one message each, which is bounded by what SignalR takes.
    private bool TryQueue(PendingCall<T> call)
    {
        if (Interlocked.Read(ref _bytes) >= options.Value.QueueBytes || !_queue.Writer.TryWrite(call))
            return false;
        Interlocked.Add(ref _bytes, call.Json.Length);
        CountWaiting(1);
        return true;
    }

    protected override void Complete() => _queue.Writer.TryComplete();

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(Enumerable.Range(0, options.Value.BatchesInFlight).Select(_ => FlushAsync(stoppingToken)));

    private async Task FlushAsync(CancellationToken stoppingToken)
    {
        while (await _queue.Reader.WaitToReadAsync(stoppingToken))
        {
            await TurnAsync(stoppingToken);
            if (Take() is { Count: > 0 } batch)
                await FlushAsync(batch, stoppingToken);
        }
    }

    private async Task TurnAsync(CancellationToken stoppingToken)
    {
        var rest = SpacingOf(options.Value) - time.GetElapsedTime(Interlocked.Read(ref _begun));
        if (rest > TimeSpan.Zero && _queue.Reader.Count < options.Value.BatchSends)
            await Task.Delay(rest, time, stoppingToken);
        Interlocked.Exchange(ref _begun, time.GetTimestamp());
    }

    private List<PendingCall<T>> Take()
    {
        var batch = new List<PendingCall<T>>();
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
        CountWaiting(-batch.Count);
        return batch;
    }

    private async Task FlushAsync(List<PendingCall<T>> batch, CancellationToken stoppingToken)
    {
        CountBatch(batch.Count);
        using var spans = StageSpans.Start(Stage, ActivityKind.Client, batch.Select(call => call.TraceParent));
        var answers = await TryAskAsync(batch, stoppingToken);
        if (answers is null)
        {
            CountFailure();
            spans.Fail("no answer");
        }
        for (var i = 0; i < batch.Count; i++)
            batch[i].Complete(answers?[i] ?? Unanswered);
    }

    private async Task<Answer<T>[]?> TryAskAsync(List<PendingCall<T>> batch, CancellationToken stoppingToken)
    {
        try
        {
            using var timeout = new CancellationTokenSource(options.Value.Timeout, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, stoppingToken);
            var answers = await AskAsync(batch, either.Token);
            if (answers.Length == batch.Count)
                return answers;
            LogMismatch(Stage, answers.Length, batch.Count);
        }
        catch (Exception failure)
        {
            // Whatever it was: the callers wait for an answer and the flusher must live.
            LogUnanswered(failure, Stage, batch.Count);
        }
        return null;
    }

    [LoggerMessage(2101, LogLevel.Warning, "{Stage}: {Calls} calls got no answer")]
    private partial void LogUnanswered(Exception failure, string stage, int calls);

    [LoggerMessage(2102, LogLevel.Error, "{Stage}: {Answers} answers came for {Calls} calls")]
    private partial void LogMismatch(string stage, int answers, int calls);
}
