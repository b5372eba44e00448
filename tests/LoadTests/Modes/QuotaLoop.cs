using System.Diagnostics;
using ImDapr.LoadTests.Clients;

namespace ImDapr.LoadTests.Modes;

/// <summary>Every sender sends so many messages as fast as the system takes them, a few on their way at a time.</summary>
internal sealed class QuotaLoop(IReadOnlyDictionary<Device, int> quotas, int window) : ITraffic
{
    private readonly Dictionary<Device, int> _left = new(quotas);

    /// <summary>Messages that were not sent yet.</summary>
    public int Left { get; private set; } = quotas.Values.Sum();

    public void Start()
    {
        foreach (var sender in quotas.Keys)
            Answered(sender);
    }

    public void Answered(Device device)
    {
        while (_left[device] > 0 && device.Outbox.Sends.Pending < window && !device.Outbox.Sends.IsFull)
        {
            _left[device]--;
            Left--;
            device.Outbox.Send(Stopwatch.GetTimestamp());
        }
    }
}
