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
/// <param name="closed">The connection is closed: what waits is not wanted any more.</param>
/// <remarks>
/// Each flush is one message and stays one: clients rely on whole messages in a WebSocket frame. One message is written at a time, as SignalR does. While
/// the client keeps up, messages go straight to the output: a connection that waits for nothing has nothing here.
/// </remarks>
public sealed class BoundedOutput(PipeWriter output, int maxWaiting, Action giveUp, CancellationToken closed) : PipeWriter
{
    private static readonly FlushResult Taken = new(isCanceled: false, isCompleted: false);
    private static readonly FlushResult GivenUp = new(isCanceled: false, isCompleted: true);

    private readonly Lock _lock = new();
    private Backlog? _backlog;
    private Task _handingOn = Task.CompletedTask;
    private IBufferWriter<byte>? _target;
    private int _size;
    private volatile bool _isGivenUp;

    /// <summary>Bytes that the client has not taken yet.</summary>
    public long Waiting
    {
        get
        {
            lock (_lock)
                return _backlog?.Bytes ?? 0;
        }
    }

    public override Memory<byte> GetMemory(int sizeHint = 0) => Target().GetMemory(sizeHint);

    public override Span<byte> GetSpan(int sizeHint = 0) => Target().GetSpan(sizeHint);

    public override void Advance(int bytes)
    {
        Target().Advance(bytes);
        _size += bytes;
    }

    public override ValueTask<FlushResult> WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default)
    {
        if (_isGivenUp)
            return new(GivenUp);
        this.Write(source.Span);
        return FlushAsync(cancellationToken);
    }

    /// <summary>Ends a message. Completes at once.</summary>
    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        var (target, size) = (_target, _size);
        (_target, _size) = (null, 0);
        if (_isGivenUp)
            return new(GivenUp);
        if (target is ArrayBufferWriter<byte> message)
        {
            lock (_lock)
            {
                if (_backlog is not null)
                    return new(Queue(_backlog, message.WrittenMemory));
            }
            // All that waited has gone while this one was being written.
            output.Write(message.WrittenSpan);
        }
        return new(size == 0 ? Taken : HandOn(size));
    }

    // There is none: no flush waits.
    public override void CancelPendingFlush()
    {
    }

    /// <summary>Takes no more. The output stays open: it is its owner's.</summary>
    public override void Complete(Exception? exception = null) => _isGivenUp = true;

    /// <summary>Waits until the client has taken what waits, or is gone. Nothing is written any more.</summary>
    public Task FinishAsync() => _handingOn;

    private IBufferWriter<byte> Target()
    {
        if (_target is not null)
            return _target;
        lock (_lock)
            return _target = _backlog is null ? output : new ArrayBufferWriter<byte>();
    }

    private FlushResult Queue(Backlog backlog, ReadOnlyMemory<byte> message)
    {
        // The largest may be a page that the client has asked for: it is not held against it.
        if (backlog.Bytes <= maxWaiting || backlog.Bytes - backlog.Largest <= maxWaiting)
        {
            backlog.Add(message);
            return Taken;
        }
        _isGivenUp = true;
        giveUp();
        return GivenUp;
    }

    private FlushResult HandOn(int size)
    {
        var flush = output.FlushAsync(closed);
        if (flush.IsCompletedSuccessfully)
            return flush.Result;
        lock (_lock)
            _backlog = new Backlog(size);
        _handingOn = HandOnAsync(flush);
        return Taken;
    }

    // Begins with the message that the client has not taken, and ends when nothing waits any more.
    private async Task HandOnAsync(ValueTask<FlushResult> flush)
    {
        try
        {
            while (!(await flush).IsCompleted)
            {
                if (Next() is not { } message)
                    return;
                output.Write(message.Span);
                flush = output.FlushAsync(closed);
            }
        }
        catch (OperationCanceledException) when (closed.IsCancellationRequested)
        {
            // What waited is not wanted any more.
        }
        _isGivenUp = true;
    }

    private ReadOnlyMemory<byte>? Next()
    {
        lock (_lock)
        {
            if (_backlog!.Next() is { } message)
                return message;
            _backlog = null;
            return null;
        }
    }

    /// <summary>A message that the client has not taken, and those behind it.</summary>
    private sealed class Backlog(int first)
    {
        private readonly Queue<ReadOnlyMemory<byte>> _behind = new();
        private int _first = first;

        public long Bytes { get; private set; } = first;

        public int Largest => Math.Max(_first, _behind.Count == 0 ? 0 : _behind.Max(message => message.Length));

        public void Add(ReadOnlyMemory<byte> message)
        {
            _behind.Enqueue(message);
            Bytes += message.Length;
        }

        /// <summary>The first is taken: this is the first now.</summary>
        public ReadOnlyMemory<byte>? Next()
        {
            Bytes -= _first;
            if (!_behind.TryDequeue(out var next))
                return null;
            _first = next.Length;
            return next;
        }
    }
}
