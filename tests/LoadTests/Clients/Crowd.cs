using System.Diagnostics;
using System.Net;
using ImDapr.LoadTests.Measuring;

namespace ImDapr.LoadTests.Clients;

/// <summary>Whoever decides what is sent when.</summary>
internal interface ITraffic
{
    /// <summary>A send of this device was answered, for good.</summary>
    void Answered(Device device);
}

/// <summary>All devices of a run on one loop, and the time that they share.</summary>
internal sealed class Crowd : IDisposable
{
    // Each address has some 28,000 ports; ports of connections that just ended are not free at once.
    private const int DevicesPerAddress = 5_000;
    private const int SlicesPerSecond = 10;
    private static readonly TimeSpan TimerInterval = TimeSpan.FromMilliseconds(10);
    private readonly Queue<(long Due, Device Device)> _acks = new();
    private readonly PriorityQueue<Action, long> _later = new();
    private readonly Queue<Device> _toOpen = new();
    private readonly HashSet<Device> _opening = [];
    private readonly Dictionary<string, int> _reasons = [];
    private int _nextToKeepAlive;
    private long _lastTick;

    public Crowd(EventLoop loop, IPEndPoint server, ClientOptions options)
    {
        (Loop, Server, Options) = (loop, server, options);
        Reader = new EntryReader(Conversations);
        loop.Every(TimerInterval, Tick);
        loop.Every(TimeSpan.FromSeconds(1.0 / SlicesPerSecond), KeepAlive);
    }

    public EventLoop Loop { get; }

    public IPEndPoint Server { get; }

    public ClientOptions Options { get; }

    public Tally Tally { get; } = new();

    public Conversations Conversations { get; } = new();

    public List<Device> Devices { get; } = [];

    public EntryReader Reader { get; }

    /// <summary>Entries of the push that is being read.</summary>
    public List<Entry> Entries { get; } = [];

    /// <summary>When the message that is being handled arrived, in Stopwatch ticks.</summary>
    public long Now { get; set; }

    public ITraffic? Traffic { get; set; }

    /// <summary>Connections that may be opening at once.</summary>
    public int MostOpening { get; set; } = 64;

    /// <summary>Messages that the devices of the run must have shown, each counted once for each of them.</summary>
    public long Expected { get; private set; }

    public int Live { get; private set; }

    /// <summary>From the start of each connect to its first answered sync, in Stopwatch ticks; only while somebody listens.</summary>
    public Action<long>? Connected { get; set; }

    public string LastError { get; set; } = "";

    public IReadOnlyDictionary<string, int> ReasonsOfLoss => _reasons;

    /// <summary>Sends without an answer.</summary>
    public long Pending => Tally.Sent - Tally.Acknowledged - Tally.GivenUp;

    /// <summary>Everything sent is answered, and everything acknowledged is shown everywhere.</summary>
    public bool IsSettled => Pending == 0 && Tally.Delivered + Tally.Echoed >= Expected;

    public static IPAddress SourceOf(int device) => new([127, 0, 0, (byte)(2 + (device / DevicesPerAddress))]);

    public Device Add(string userId, string accessToken)
    {
        var device = new Device(this, Devices.Count, userId, accessToken);
        Devices.Add(device);
        return device;
    }

    /// <summary>Opens their connections, so many at once as may.</summary>
    public void Open(IEnumerable<Device> devices)
    {
        foreach (var device in devices)
            _toOpen.Enqueue(device);
        OpenMore();
    }

    public void CameAlive(Device device)
    {
        Live++;
        Connected?.Invoke(Stopwatch.GetTimestamp() - device.OpenedAt);
        if (_opening.Remove(device))
            OpenMore();
    }

    public void Lost(Device device, string reason)
    {
        if (!_opening.Remove(device))
            Live--;
        _reasons[reason] = _reasons.GetValueOrDefault(reason) + 1;
        // As a client would: anew after a moment.
        Later(200 + Random.Shared.Next(800), () => Open([device]));
        OpenMore();
    }

    public void Acknowledged(Device device, Conversation conversation)
    {
        Expected += conversation.Members.Count;
        Traffic?.Answered(device);
    }

    public void GaveUp(Device device) => Traffic?.Answered(device);

    public void AcknowledgeLater(Device device) => _acks.Enqueue((Stopwatch.GetTimestamp() + EventLoop.Ticks(Options.AcknowledgeAfter), device));

    public void Later(int milliseconds, Action action) => _later.Enqueue(action, Stopwatch.GetTimestamp() + EventLoop.Ticks(TimeSpan.FromMilliseconds(milliseconds)));

    /// <summary>Acknowledged messages that a device of a member has not shown.</summary>
    public long Missing() => Conversations.All.Sum(conversation => conversation.Members.Sum(device =>
    {
        var shown = device.Inbox.Of(conversation);
        return conversation.Acknowledged.LongCount(seq => !shown.Has(seq));
    }));

    public void Dispose()
    {
        foreach (var device in Devices)
            device.Close();
    }

    private void Tick(long now)
    {
        if (_lastTick != 0)
            Tally.LongestPause = Math.Max(Tally.LongestPause, now - _lastTick - EventLoop.Ticks(TimerInterval));
        _lastTick = now;
        while (_acks.TryPeek(out var ack) && ack.Due <= now)
            _acks.Dequeue().Device.Acknowledge();
        while (_later.TryPeek(out _, out var due) && due <= now)
            _later.Dequeue()();
    }

    // A slice of all at a time, so that thousands of pings do not come in one burst.
    private void KeepAlive(long now)
    {
        for (var left = (Devices.Count + SlicesPerSecond - 1) / SlicesPerSecond; left > 0; left--)
        {
            _nextToKeepAlive = (_nextToKeepAlive + 1) % Devices.Count;
            Devices[_nextToKeepAlive].KeepAlive(now);
        }
    }

    private void OpenMore()
    {
        while (_opening.Count < MostOpening && _toOpen.TryDequeue(out var device))
        {
            _opening.Add(device);
            device.Open();
        }
    }
}
