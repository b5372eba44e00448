using System.Diagnostics;
using ImDapr.LoadTests.Clients;

namespace ImDapr.LoadTests.Modes;

/// <summary>Every sender has so many messages on their way and sends the next one with each answer: as much as the system takes.</summary>
internal sealed class ClosedLoop(IReadOnlyList<Device> senders, int window) : ITraffic
{
    private bool _isRunning;

    public void Start()
    {
        _isRunning = true;
        foreach (var sender in senders)
        {
            while (sender.Sends.Pending < window)
                sender.Send(Stopwatch.GetTimestamp());
        }
    }

    public void Stop() => _isRunning = false;

    public void Answered(Device device)
    {
        if (_isRunning && !device.Sends.IsFull)
            device.Send(Stopwatch.GetTimestamp());
    }
}
