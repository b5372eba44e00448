using System.Diagnostics;
using System.Net.Sockets;

namespace ImDapr.LoadTests.Clients;

/// <summary>Whoever waits for a socket.</summary>
internal interface ISocketOwner
{
    void CanRead();

    void CanWrite();
}

/// <summary>
/// One thread that serves all connections and timers. Everything that clients do happens on it, so nothing here needs a lock, and no pool of threads
/// competes with the servers for the few cores.
/// </summary>
internal sealed class EventLoop : IDisposable
{
    private const int ReceiveBytes = 1024 * 1024;
    private readonly Epoll _epoll = new();
    private readonly List<ISocketOwner?> _owners = [];
    private readonly List<Timer> _timers = [];

    /// <summary>What is being received; shared by all connections, since only one of them reads at a time.</summary>
    public byte[] ReceiveBuffer { get; private set; } = new byte[ReceiveBytes];

    /// <summary>What is being sent.</summary>
    public byte[] SendBuffer { get; } = new byte[64 * 1024];

    public static long Ticks(TimeSpan time) => (long)(time.TotalSeconds * Stopwatch.Frequency);

    /// <returns>The socket's token.</returns>
    public int Watch(Socket socket, ISocketOwner owner)
    {
        _owners.Add(owner);
        _epoll.Watch(socket.SafeHandle, _owners.Count - 1, Epoll.Readable);
        return _owners.Count - 1;
    }

    public void WantToWrite(Socket socket, int token, bool isWanted) =>
        _epoll.Change(socket.SafeHandle, token, isWanted ? Epoll.Readable | Epoll.Writable : Epoll.Readable);

    public void Forget(Socket socket, int token)
    {
        _epoll.Forget(socket.SafeHandle);
        _owners[token] = null;
    }

    public void GrowReceiveBuffer() => ReceiveBuffer = new byte[ReceiveBuffer.Length * 2];

    /// <summary>Calls it again and again, with the time in <see cref="Stopwatch"/> ticks; the first time after one interval.</summary>
    /// <returns>Stops it.</returns>
    public IDisposable Every(TimeSpan interval, Action<long> action)
    {
        var timer = new Timer(this, Ticks(interval), action) { Due = Stopwatch.GetTimestamp() + Ticks(interval) };
        _timers.Add(timer);
        return timer;
    }

    public void RunFor(TimeSpan time, CancellationToken cancellationToken) => RunUntil(() => false, time, cancellationToken);

    /// <returns>False when the time was over before it was done.</returns>
    public bool RunUntil(Func<bool> isDone, TimeSpan limit, CancellationToken cancellationToken)
    {
        var end = Stopwatch.GetTimestamp() + Ticks(limit);
        while (!isDone())
        {
            cancellationToken.ThrowIfCancellationRequested();
            var now = Stopwatch.GetTimestamp();
            if (now >= end)
                return false;
            Serve(_epoll.Wait(Milliseconds(Math.Min(end, FireTimers(now)))));
        }
        return true;
    }

    public void Dispose() => _epoll.Dispose();

    private void Serve(int count)
    {
        for (var i = 0; i < count; i++)
        {
            var (token, events) = _epoll.Event(i);
            if ((events & Epoll.Writable) != 0)
                _owners[token]?.CanWrite();
            if ((events & ~Epoll.Writable) != 0) // an error is read, too
                _owners[token]?.CanRead();
        }
    }

    /// <returns>When the next timer is due.</returns>
    private long FireTimers(long now)
    {
        var next = long.MaxValue;
        for (var i = _timers.Count - 1; i >= 0; i--)
        {
            if (i >= _timers.Count)
                continue; // one of them stopped others
            var timer = _timers[i];
            if (timer.Due <= now)
            {
                timer.Due = Math.Max(timer.Due + timer.Interval, now);
                timer.Action(now);
            }
            next = Math.Min(next, timer.Due);
        }
        return next;
    }

    private static int Milliseconds(long due)
    {
        var left = due - Stopwatch.GetTimestamp();
        return left <= 0 ? 0 : (int)Math.Min(100, 1 + (left * 1000 / Stopwatch.Frequency));
    }

    private sealed class Timer(EventLoop loop, long interval, Action<long> action) : IDisposable
    {
        public long Interval { get; } = interval;

        public Action<long> Action { get; } = action;

        public long Due { get; set; }

        public void Dispose() => loop._timers.Remove(this);
    }
}
