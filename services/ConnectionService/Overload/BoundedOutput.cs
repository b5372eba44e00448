using System.Buffers;
using System.IO.Pipelines;

namespace ImDapr.ConnectionService.Overload;

/// <summary>
/// The writing end of a connection that never makes its writer wait: what the client does not read is kept here, up to a limit, and then the
/// connection is given up. SignalR alone would let every push to a connection wait for the one before it, without a bound, and would hold up
/// whoever pushes: the events behind this one, and the other members of a group.
/// </summary>
/// <param name="output">Where messages go; its flushes wait for the client.</param>
/// <param name="maxWaiting">Bytes that may wait when another message comes, the largest of those that wait not counted.</param>
/// <param name="giveUp">Called once, when more would wait.</param>
/// <remarks>Each flush is one message and stays one: clients rely on whole messages in a WebSocket frame.</remarks>
public sealed class BoundedOutput(PipeWriter output, int maxWaiting, Action giveUp) : PipeWriter
{
    private static readonly FlushResult GivenUp = new(isCanceled: false, isCompleted: true);

    // The writer's thread sends by itself as long as the client keeps up: no detour over another thread.
    private readonly Pipe _pipe = new(new PipeOptions(readerScheduler: PipeScheduler.Inline, pauseWriterThreshold: 0, useSynchronizationContext: false));
    private readonly Lock _lock = new();
    private readonly Queue<int> _sizes = new();
    private long _waiting;
    private int _unflushed;
    private volatile bool _isGivenUp;

    /// <summary>Bytes that the client has not taken yet.</summary>
    public long Waiting
    {
        get
        {
            lock (_lock)
                return _waiting;
        }
    }

    public override Memory<byte> GetMemory(int sizeHint = 0) => _pipe.Writer.GetMemory(sizeHint);

    public override Span<byte> GetSpan(int sizeHint = 0) => _pipe.Writer.GetSpan(sizeHint);

    public override void Advance(int bytes)
    {
        _pipe.Writer.Advance(bytes);
        _unflushed += bytes;
    }

    public override ValueTask<FlushResult> WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default)
    {
        if (_isGivenUp)
            return new(GivenUp);
        this.Write(source.Span);
        return FlushAsync(cancellationToken);
    }

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        var size = _unflushed;
        _unflushed = 0;
        if (_isGivenUp)
            return new(GivenUp);
        if (size > 0 && !TryQueue(size))
        {
            _isGivenUp = true;
            giveUp();
            return new(GivenUp);
        }
        return _pipe.Writer.FlushAsync(cancellationToken); // completes at once: this pipe has no threshold
    }

    public override void CancelPendingFlush() => _pipe.Writer.CancelPendingFlush();

    public override void Complete(Exception? exception = null) => _pipe.Writer.Complete(exception);

    /// <summary>Hands message after message on, until there are no more, nobody takes them, or the connection is closed.</summary>
    public async Task PumpAsync(CancellationToken closed)
    {
        try
        {
            while (await NextAsync(closed) is { Length: > 0 } message)
            {
                foreach (var segment in message)
                    output.Write(segment.Span);
                var flushed = await output.FlushAsync(closed);
                _pipe.Reader.AdvanceTo(message.End);
                Sent();
                if (flushed.IsCompleted)
                    return;
            }
        }
        catch (OperationCanceledException) when (closed.IsCancellationRequested)
        {
            // What waited is not wanted any more.
        }
        finally
        {
            await _pipe.Reader.CompleteAsync();
        }
    }

    private async ValueTask<ReadOnlySequence<byte>?> NextAsync(CancellationToken closed)
    {
        var read = await _pipe.Reader.ReadAsync(closed);
        lock (_lock)
            return !read.Buffer.IsEmpty && _sizes.TryPeek(out var size) ? read.Buffer.Slice(0, size) : null;
    }

    private bool TryQueue(int size)
    {
        lock (_lock)
        {
            // The largest may be a page that the client has asked for: it is not held against it.
            if (_waiting > maxWaiting && _waiting - _sizes.Max() > maxWaiting)
                return false;
            _sizes.Enqueue(size);
            _waiting += size;
            return true;
        }
    }

    private void Sent()
    {
        lock (_lock)
            _waiting -= _sizes.Dequeue();
    }
}
