using System.Buffers.Text;
using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using ImDapr.LoadTests.Measuring;

namespace ImDapr.LoadTests.Clients;

/// <summary>One user's device as docs/protocol.md asks a client to be: syncs first, takes pushes as hints, acknowledges, repeats what was refused.</summary>
internal sealed class Device : ILinkOwner
{
    private const int LongestWaitMilliseconds = 5_000;
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
    private int _nextTarget;

    public Device(Crowd crowd, int index, string userId, string accessToken)
    {
        (_crowd, Index, UserId, AccessToken) = (crowd, index, userId, accessToken);
        Inbox = new Inbox(Show, crowd.Tally);
    }

    public int Index { get; }

    public string UserId { get; }

    public string AccessToken { get; }

    public Inbox Inbox { get; }

    /// <summary>It tells the cursor with every page, instead of after a while.</summary>
    public bool AcknowledgesPages { get; set; }

    /// <summary>Where it sends to, in turn.</summary>
    public List<Target> Targets { get; } = [];

    public SendRing Sends => field ??= new SendRing(_crowd.Options.Remembered);

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

    /// <summary>Sends to the next target.</summary>
    /// <param name="due">When it should have been sent, in Stopwatch ticks.</param>
    public void Send(long due)
    {
        var target = Targets[_nextTarget++ % Targets.Count];
        var number = Sends.Add(target, due).Number;
        Tally.Sent++;
        Write(number, target);
    }

    /// <summary>Tells the cursor, if it has moved.</summary>
    public void Acknowledge()
    {
        _isAckWaiting = false;
        if (Inbox.Position == _acknowledged || _link is null || !IsLive && !AcknowledgesPages)
            return;
        _acknowledged = Inbox.Position;
        Tally.Cursors++;
        var frame = _link.NewFrame();
        frame.Append("{\"type\":1,\"invocationId\":\"a1\",\"target\":\"Ack\",\"arguments\":[{\"position\":"u8);
        frame.Append(_acknowledged);
        frame.Append("}]}\u001e"u8);
        Write(frame.Finish());
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
            var frame = _link.NewFrame();
            frame.Append("{\"type\":6}\u001e"u8);
            Write(frame.Finish());
        }
    }

    public void Received(ReadOnlySpan<byte> message)
    {
        _crowd.Now = _lastReceived = Stopwatch.GetTimestamp();
        var json = new Utf8JsonReader(message);
        json.Read();
        var target = Event.Other;
        ReadOnlySpan<byte> id = default;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (json.ValueTextEquals("type"u8))
            {
                json.Read();
                if (json.GetInt32() == 6)
                    return; // a ping
            }
            else if (json.ValueTextEquals("target"u8))
            {
                json.Read();
                target = EventOf(ref json);
            }
            else if (json.ValueTextEquals("invocationId"u8))
            {
                json.Read();
                id = json.ValueSpan;
            }
            else if (json.ValueTextEquals("arguments"u8))
            {
                json.Read();
                Happened(target, ref json);
                return;
            }
            else if (json.ValueTextEquals("result"u8))
            {
                json.Read();
                Answered(id, ref json);
                return;
            }
            else if (json.ValueTextEquals("error"u8))
            {
                json.Read();
                Refused(id, json.GetString()!);
                return;
            }
            else
            {
                json.Read();
                json.Skip();
            }
        }
    }

    private enum Event
    {
        Other,
        Deliver,
        DeliverTimeline,
        Receipt,
        SyncNow,
        Reconnect,
        Kicked,
    }

    private static Event EventOf(ref Utf8JsonReader json) =>
        json.ValueTextEquals("Deliver"u8) ? Event.Deliver
        : json.ValueTextEquals("DeliverTimeline"u8) ? Event.DeliverTimeline
        : json.ValueTextEquals("Receipt"u8) ? Event.Receipt
        : json.ValueTextEquals("SyncNow"u8) ? Event.SyncNow
        : json.ValueTextEquals("Reconnect"u8) ? Event.Reconnect
        : json.ValueTextEquals("Kicked"u8) ? Event.Kicked
        : Event.Other;

    // The reader stands at the start of the arguments.
    private void Happened(Event target, ref Utf8JsonReader json)
    {
        switch (target)
        {
            case Event.Deliver or Event.DeliverTimeline:
                json.Read(); // the only argument, an array
                var entries = _crowd.Entries;
                entries.Clear();
                _crowd.Reader.ReadEntries(ref json, entries, target == Event.DeliverTimeline);
                Call(Inbox.Pushed(entries, isTimeline: target == Event.DeliverTimeline));
                AcknowledgeSoon();
                break;
            case Event.Receipt:
                Tally.Receipts++;
                break;
            case Event.SyncNow:
                _crowd.Later(Random.Shared.Next(1_000), WantSync);
                break;
            case Event.Reconnect:
                _link!.Dispose();
                Lost("the node goes away");
                break;
            case Event.Kicked:
                Tally.Resets++;
                Close();
                break;
        }
    }

    private void Answered(ReadOnlySpan<byte> id, ref Utf8JsonReader json)
    {
        switch (id[0])
        {
            case (byte)'s':
                AnsweredSend(NumberOf(id), EntryReader.ReadSeq(ref json));
                break;
            case (byte)'y':
                Took(Inbox.Synced(_crowd.Reader.ReadPage(ref json)));
                break;
            case (byte)'h':
                Took(Inbox.Loaded(_crowd.Reader.ReadPage(ref json)));
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
        foreach (var number in Sends.Unanswered())
            Write(number, Sends[number].Target);
    }

    private void AnsweredSend(int number, long seq)
    {
        if (!Sends.Answer(number))
            return;
        ref var send = ref Sends[number];
        Tally.Acknowledged++;
        if (!send.Target.Conversation.Acknowledge(seq))
            Tally.OutOfOrder++;
        if (Tally.IsMeasuring)
            Tally.Answer.Record(_crowd.Now - send.Due);
        _crowd.Acknowledged(this, send.Target.Conversation);
    }

    private void Refused(ReadOnlySpan<byte> id, string error)
    {
        var code = error.Split(':')[0];
        Tally.Refuse(code);
        switch (id[0])
        {
            case (byte)'s':
                RefusedSend(NumberOf(id), error, isFinal: code is not ("unavailable" or "rate_limited"));
                break;
            case (byte)'y' or (byte)'h':
                _isCalling = false;
                _crowd.Later(100 + Random.Shared.Next(400), WantSync);
                break;
            default:
                _acknowledged = 0;
                _crowd.Later(100 + Random.Shared.Next(400), WantSync); // the inbox is not what it thinks
                break;
        }
    }

    private void RefusedSend(int number, string error, bool isFinal)
    {
        if (isFinal)
        {
            if (Sends.Answer(number))
            {
                Tally.GivenUp++;
                _crowd.LastError = error;
                _crowd.GaveUp(this);
            }
            return;
        }
        ref var send = ref Sends[number];
        var wait = Math.Min(LongestWaitMilliseconds, 100 << Math.Min(6, send.Attempts++));
        var target = send.Target;
        _crowd.Later((wait / 2) + Random.Shared.Next(wait), () =>
        {
            if (IsLive && Sends.Knows(number) && !Sends[number].IsAnswered)
                Write(number, target);
        });
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
        var frame = _link!.NewFrame();
        if (next == NextCall.Sync)
        {
            _wantsSync = false;
            frame.Append("{\"type\":1,\"invocationId\":\"y1\",\"target\":\"Sync\",\"arguments\":[{\"limit\":200,\"after\":"u8);
            frame.Append(Inbox.Position);
            if (Inbox.Epoch is { } epoch)
            {
                frame.Append(",\"epoch\":\""u8);
                frame.Append(Encoding.ASCII.GetBytes(epoch));
                frame.Append("\""u8);
            }
        }
        else
        {
            var (conversation, after) = Inbox.History;
            frame.Append("{\"type\":1,\"invocationId\":\"h1\",\"target\":\"History\",\"arguments\":[{\"limit\":200,\"conversationId\":\""u8);
            frame.Append(conversation.IdBytes);
            frame.Append("\",\"after\":"u8);
            frame.Append(after);
        }
        frame.Append("}]}\u001e"u8);
        Write(frame.Finish());
    }

    private void Write(int number, Target target)
    {
        if (_link is null)
            return;
        var frame = _link.NewFrame();
        frame.Append("{\"type\":1,\"invocationId\":\"s"u8);
        frame.Append(number);
        frame.Append("\",\"target\":\"Send\",\"arguments\":[{\"clientMessageId\":\""u8);
        frame.Append(EntryReader.IdPrefix);
        frame.Append(Index);
        frame.Append("-"u8);
        frame.Append(number);
        frame.Append(target.Tail);
        Write(frame.Finish());
    }

    private void Write(ReadOnlySpan<byte> frame)
    {
        _lastSent = Stopwatch.GetTimestamp();
        _link!.Write(frame);
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
        var sends = _crowd.Devices[message.Sender].Sends;
        if (!sends.Knows(message.Number))
        {
            Tally.Untimed++;
            return;
        }
        var ticks = _crowd.Now - sends[message.Number].Due;
        Tally.EndToEnd.Record(ticks);
        Tally.Recent.Record(ticks);
    }

    private static int NumberOf(ReadOnlySpan<byte> id) =>
        Utf8Parser.TryParse(id[1..], out int number, out _) ? number : throw new InvalidDataException($"A call has no number: {Encoding.UTF8.GetString(id)}");
}
