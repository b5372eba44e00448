using System.Diagnostics;
using System.Net.Sockets;
using ImDapr.LoadTests.Measuring;

namespace ImDapr.LoadTests.Clients;

/// <summary>One user's device as docs/protocol.md asks a client to be: syncs first, takes pushes as hints, acknowledges, repeats what was refused.</summary>
internal sealed class Device : ILinkOwner
{
    private static readonly long LongestSilence = EventLoop.Ticks(TimeSpan.FromSeconds(60));
    private static readonly long PingAfter = EventLoop.Ticks(TimeSpan.FromSeconds(15));
    private readonly Crowd _crowd;
    private HubLink? _link;
    private long _lastSent;
    private long _lastReceived;
    private long _acknowledged;
    private bool _isAckWaiting;

    // One Sync or History at a time: the answer of an older one would be taken for a new one.
    private bool _isCalling;
    private bool _wantsSync;

    public Device(Crowd crowd, int index, string userId, string accessToken)
    {
        (_crowd, Index, UserId, AccessToken) = (crowd, index, userId, accessToken);
        Inbox = new Inbox(Show, crowd.Tally);
        Outbox = new Outbox(crowd, this);
    }

    public int Index { get; }

    public string UserId { get; }

    public string AccessToken { get; }

    public Inbox Inbox { get; }

    public Outbox Outbox { get; }

    /// <summary>It tells the cursor with every page, instead of after a while.</summary>
    public bool AcknowledgesPages { get; set; }

    /// <summary>Connected and synced to the head.</summary>
    public bool IsLive { get; private set; }

    /// <summary>When its connection was begun, in Stopwatch ticks.</summary>
    public long OpenedAt { get; private set; }

    /// <summary>Messages of the run that it has shown.</summary>
    public long ShownMessages { get; private set; }

    private Tally Tally => _crowd.Tally;

    public void Open()
    {
        IsLive = false;
        OpenedAt = _lastSent = _lastReceived = Stopwatch.GetTimestamp();
        try
        {
            _link = HubLink.Connect(_crowd.Loop, this, _crowd.Server, Crowd.SourceOf(Index), $"/hub/im?deviceId=d1&platform=web&access_token={AccessToken}");
        }
        catch (SocketException refused)
        {
            _link = null;
            _crowd.Later(0, () => Lost(refused.SocketErrorCode.ToString()));
        }
    }

    public void Opened()
    {
        (_isCalling, _wantsSync) = (false, false);
        Call(Inbox.Connected());
    }

    public void Lost(string reason)
    {
        IsLive = false;
        Tally.Broken++;
        _crowd.Lost(this, reason);
    }

    public void Close()
    {
        IsLive = false;
        _link?.Dispose();
    }

    /// <summary>Sends one message; nothing happens without a connection, it is sent when there is one.</summary>
    public void Write(int number, Target target)
    {
        if (_link is null)
            return;
        _lastSent = Stopwatch.GetTimestamp();
        HubCalls.Send(_link, Index, number, target);
    }

    /// <summary>Tells the cursor, if it has moved.</summary>
    public void Acknowledge()
    {
        _isAckWaiting = false;
        if (Inbox.Position == _acknowledged || _link is null || !IsLive && !AcknowledgesPages)
            return;
        _acknowledged = Inbox.Position;
        Tally.Cursors++;
        _lastSent = Stopwatch.GetTimestamp();
        HubCalls.Acknowledge(_link, _acknowledged);
    }

    /// <summary>Looks after the connection, every second or so.</summary>
    public void KeepAlive(long now)
    {
        if (_link is null || !IsLive)
            return;
        if (now - _lastReceived > LongestSilence)
        {
            _link.Dispose();
            Lost("the server is silent");
        }
        else if (now - _lastSent > PingAfter)
        {
            _lastSent = now;
            HubCalls.Ping(_link);
        }
    }

    public void Received(ReadOnlySpan<byte> bytes)
    {
        _crowd.Now = _lastReceived = Stopwatch.GetTimestamp();
        var message = HubMessage.Read(bytes);
        switch (message.Event)
        {
            case HubEvent.Deliver:
                Pushed(ref message, isTimeline: false);
                break;
            case HubEvent.DeliverTimeline:
                Pushed(ref message, isTimeline: true);
                break;
            case HubEvent.Answer:
                Answered(ref message);
                break;
            case HubEvent.Refusal:
                Refused(message);
                break;
            case HubEvent.Receipt:
                Tally.Receipts++;
                break;
            case HubEvent.SyncNow:
                _crowd.Later(Random.Shared.Next(1_000), WantSync);
                break;
            case HubEvent.Reconnect:
                _link!.Dispose();
                Lost("the node goes away");
                break;
            case HubEvent.Kicked:
                Tally.Resets++;
                Close();
                break;
        }
    }

    private void Pushed(ref HubMessage message, bool isTimeline)
    {
        message.Json.Read(); // the only argument, an array
        var entries = _crowd.Entries;
        entries.Clear();
        _crowd.Reader.ReadEntries(ref message.Json, entries, isTimeline);
        Call(Inbox.Pushed(entries, isTimeline));
        AcknowledgeSoon();
    }

    private void Answered(ref HubMessage message)
    {
        switch (message.Method)
        {
            case HubCalls.Sent:
                Outbox.Acknowledged(message.Number, EntryReader.ReadSeq(ref message.Json));
                break;
            case HubCalls.Synced:
                Took(Inbox.Synced(_crowd.Reader.ReadPage(ref message.Json)));
                break;
            case HubCalls.HistoryRead:
                Took(Inbox.Loaded(_crowd.Reader.ReadPage(ref message.Json)));
                break;
            default:
                break; // a cursor was taken
        }
    }

    private void Took(NextCall next)
    {
        _isCalling = false;
        if (next == NextCall.None && _wantsSync)
            next = Inbox.Begin();
        if (AcknowledgesPages)
            Acknowledge();
        else
            AcknowledgeSoon();
        Call(next);
        if (next != NextCall.None || IsLive)
            return;
        IsLive = true;
        _crowd.CameAlive(this);
        AcknowledgeSoon();
        Outbox.SendAgain();
    }

    private void Refused(HubMessage message)
    {
        var code = message.Error.Split(':')[0];
        Tally.Refuse(code);
        switch (message.Method)
        {
            case HubCalls.Sent:
                Outbox.Refused(message.Number, code, message.Error);
                break;
            case HubCalls.Synced or HubCalls.HistoryRead:
                _isCalling = false;
                _crowd.Later(100 + Random.Shared.Next(400), WantSync);
                break;
            default:
                _acknowledged = 0;
                _crowd.Later(100 + Random.Shared.Next(400), WantSync); // the inbox is not what it thinks
                break;
        }
    }

    private void WantSync()
    {
        _wantsSync = true;
        if (_link is not null && !_isCalling)
            Call(Inbox.Begin());
    }

    private void AcknowledgeSoon()
    {
        if (Inbox.Position == _acknowledged || !IsLive)
            return;
        if (_crowd.Options.AcknowledgeEntries is > 0 and var entries && Inbox.Position - _acknowledged >= entries)
        {
            Acknowledge();
        }
        else if (!_isAckWaiting)
        {
            _isAckWaiting = true;
            _crowd.AcknowledgeLater(this);
        }
    }

    private void Call(NextCall next)
    {
        if (next == NextCall.None)
            return;
        _isCalling = true;
        _lastSent = Stopwatch.GetTimestamp();
        if (next == NextCall.Sync)
        {
            _wantsSync = false;
            HubCalls.Sync(_link!, Inbox.Position, Inbox.Epoch);
        }
        else
        {
            HubCalls.History(_link!, Inbox.History.Conversation, Inbox.History.After);
        }
    }

    private void Show(Entry message)
    {
        if (message.Sender < 0)
            return;
        ShownMessages++;
        if (message.Sender == Index)
        {
            Tally.Echoed++;
            return;
        }
        Tally.Delivered++;
        if (!Tally.IsMeasuring)
            return;
        var sends = _crowd.Devices[message.Sender].Outbox.Sends;
        if (!sends.Knows(message.Number))
        {
            Tally.Untimed++;
            return;
        }
        var ticks = _crowd.Now - sends[message.Number].Due;
        Tally.EndToEnd.Record(ticks);
        Tally.Recent.Record(ticks);
    }
}
