using System.Diagnostics;
using ImDapr.LoadTests.Clients;

namespace ImDapr.LoadTests.Modes;

/// <summary>Every sender has so many messages on their way and sends the next one with each answer: as much as the system takes.</summary>
internal sealed class ClosedLoop(EventLoop loop, IReadOnlyList<Device> senders, int window) : ITraffic
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(20);
    private IDisposable? _ramp;
    private bool _isRunning;
    private int _started;

    /// <summary>One sender after the other begins, the last of them at the end of this time: a system that has just started is not met by all at once.</summary>
    public void Start(TimeSpan ramp)
    {
        _isRunning = true;
        var start = Stopwatch.GetTimestamp();
        _ramp = loop.Every(Step, now => StartUpTo(ramp > TimeSpan.Zero ? Stopwatch.GetElapsedTime(start, now) / ramp : 1));
    }

    public void Stop()
    {
        _isRunning = false;
        _ramp?.Dispose();
    }

    private void StartUpTo(double share)
    {
        for (var count = Math.Min(senders.Count, share * senders.Count); _started < count; _started++)
            Fill(senders[_started]);
        if (_started == senders.Count)
            _ramp!.Dispose();
    }

    public void Answered(Device device)
    {
        if (_isRunning)
            Fill(device);
    }

    // One that is refused again and again may hold up those behind it for a while: then the window is filled when it is through.
    private void Fill(Device device)
    {
        while (device.Outbox.Sends.Pending < window && !device.Outbox.Sends.IsFull)
            device.Outbox.Send(Stopwatch.GetTimestamp());
    }
}
