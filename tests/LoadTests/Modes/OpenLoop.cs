using System.Diagnostics;
using ImDapr.LoadTests.Clients;

namespace ImDapr.LoadTests.Modes;

/// <summary>
/// So many messages a second over all senders, whether or not the system keeps up. A message's time counts from when it was due: one that has to wait
/// for its sender is late, and not left out.
/// </summary>
internal sealed class OpenLoop(EventLoop loop, IReadOnlyList<Device> senders, double perSecond) : ITraffic
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(1);
    private readonly Dictionary<Device, Queue<long>> _waiting = [];
    private readonly double _between = Stopwatch.Frequency / perSecond;
    private IDisposable? _timer;
    private double _due;
    private int _next;

    public void Start()
    {
        _due = Stopwatch.GetTimestamp();
        _timer = loop.Every(Interval, SendDue);
    }

    /// <summary>Nothing more becomes due; what waits is still sent.</summary>
    public void Stop() => _timer?.Dispose();

    public void Answered(Device device)
    {
        if (_waiting.TryGetValue(device, out var waiting) && waiting.Count > 0 && !device.Outbox.Sends.IsFull)
            device.Outbox.Send(waiting.Dequeue());
    }

    /// <summary>Messages that are due and wait for their sender's earlier ones.</summary>
    public int Waiting => _waiting.Values.Sum(waiting => waiting.Count);

    private void SendDue(long now)
    {
        for (; _due <= now; _due += _between)
        {
            var sender = senders[_next];
            _next = (_next + 1) % senders.Count;
            if (sender.IsLive && !sender.Outbox.Sends.IsFull)
                sender.Outbox.Send((long)_due);
            else
                Wait(sender, (long)_due);
        }
    }

    private void Wait(Device sender, long due)
    {
        if (!_waiting.TryGetValue(sender, out var waiting))
            _waiting.Add(sender, waiting = new Queue<long>());
        waiting.Enqueue(due);
    }
}
