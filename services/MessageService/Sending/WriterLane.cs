using System.Diagnostics;
using System.Threading.Channels;
using ImDapr.Contracts;
using ImDapr.MessageService.Entities;
using ImDapr.MessageService.Telemetry;
using ImDapr.ServiceDefaults.Hosting;
using ImDapr.ServiceDefaults.Observability;

namespace ImDapr.MessageService.Sending;

/// <summary>
/// Group commit of one lane: everything that waits is stored with one insert, published with one event, and only then acknowledged. A batch forms
/// by itself while the one before it is being stored; a message that comes alone waits for nobody.
/// </summary>
internal sealed partial class WriterLane(IMessageStore store, MessagePublisher publisher, int capacity, int maxBytes, ILogger logger)
{
    private const int MaxBatch = 500;

    // Below the time that a sender waits (Sending:TimeoutSeconds of connection-service): it gets an answer.
    private static readonly TimeSpan StoreTimeout = TimeSpan.FromSeconds(4);

    private readonly Channel<PendingSend> _queue = Channel.CreateBounded<PendingSend>(
        new BoundedChannelOptions(capacity) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });
    private readonly List<PendingSend> _heldOver = [];
    private long _bytes;

    /// <summary>Whoever comes now is refused.</summary>
    public bool IsFull => _queue.Reader.Count >= capacity || Interlocked.Read(ref _bytes) >= maxBytes;

    /// <summary>False when it is full or takes no more.</summary>
    public bool TryWrite(PendingSend send)
    {
        if (IsFull || !_queue.Writer.TryWrite(send))
            return false;
        Interlocked.Add(ref _bytes, send.Bytes);
        MessageMetrics.StoreQueue.Add(1);
        return true;
    }

    /// <summary>Takes no more; <see cref="RunAsync"/> ends when what waits is stored.</summary>
    public void Complete() => _queue.Writer.TryComplete();

    public async Task RunAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (_heldOver.Count > 0 || await _queue.Reader.WaitToReadAsync(stoppingToken))
                await StoreAsync(TakeBatch(), stoppingToken);
        }
        finally
        {
            _queue.Writer.TryComplete();
            while (TryRead(out var send))
                send.Refuse(ErrorCodes.Unavailable, "This instance is stopping; try again.");
        }
    }

    private List<PendingSend> TakeBatch()
    {
        var batch = new List<PendingSend>();
        var keys = new HashSet<(string, string)>();
        var bytes = 0;
        var candidates = _heldOver.ToList();
        _heldOver.Clear();
        foreach (var send in candidates)
            Take(send);
        while (batch.Count < MaxBatch && _heldOver.Count < MaxBatch && bytes < Limits.BatchBytes / 2 && TryRead(out var send))
            Take(send);
        return batch;

        void Take(PendingSend send)
        {
            // The same message twice in one batch: the second waits for the next one and is found there as a retry.
            if (!keys.Add(send.Key))
            {
                _heldOver.Add(send);
                return;
            }
            batch.Add(send);
            bytes += send.Bytes;
        }
    }

    private bool TryRead([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out PendingSend? send)
    {
        if (!_queue.Reader.TryRead(out send))
            return false;
        Interlocked.Add(ref _bytes, -send.Bytes);
        MessageMetrics.StoreQueue.Add(-1);
        return true;
    }

    private async Task StoreAsync(List<PendingSend> sends, CancellationToken stoppingToken)
    {
        try
        {
            using var timeout = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
            timeout.CancelAfter(StoreTimeout);
            var batch = await AppendAsync(sends, timeout.Token);
            await publisher.PublishAsync(batch, stoppingToken);
        }
        catch (Exception exception) when (exception is OperationCanceledException || ProblemExceptionHandler.RefusalOf(exception) is not null)
        {
            // Stored or not, nobody was told that it was: the sender tries again with the same client message id.
            LogNotStored(exception, sends.Count, LoggedConversations.Of(sends.Select(send => send.Message)));
            MessageMetrics.StoreFailures.Add(sends.Count);
            foreach (var send in sends)
                send.Refuse(ErrorCodes.Unavailable, "The message could not be stored; try again.");
        }
    }

    private async Task<SequencedBatch> AppendAsync(List<PendingSend> sends, CancellationToken cancellationToken)
    {
        var start = Stopwatch.GetTimestamp();
        using var spans = StageSpans.Start("store", ActivityKind.Internal, sends.Select(send => send.Message.TraceParent));
        try
        {
            return await store.AppendAsync(sends, cancellationToken);
        }
        catch (Exception exception)
        {
            spans.Fail(exception.GetType().Name);
            throw;
        }
        finally
        {
            MessageMetrics.StoreDuration.RecordSince(start);
            MessageMetrics.StoreBatch.Record(sends.Count);
        }
    }

    [LoggerMessage(3102, LogLevel.Warning, "{Count} messages of {ConversationIds} were not stored")]
    private partial void LogNotStored(Exception exception, int count, string[] conversationIds);
}
