using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace ImDapr.LoadTests.Clients;

/// <summary>Whoever speaks over a <see cref="HubLink"/>.</summary>
internal interface ILinkOwner
{
    /// <summary>The hub has answered the handshake.</summary>
    void Opened();

    /// <summary>One message of the hub protocol, without its end mark.</summary>
    void Received(ReadOnlySpan<byte> message);

    /// <summary>It ended, and not because its owner wanted it.</summary>
    void Lost(string reason);
}

/// <summary>
/// A WebSocket with the hub's JSON protocol on a socket of its own. Hand-written, because it has to cost little: one read for all that has arrived,
/// one write for a frame, no task and no buffer for each connection.
/// </summary>
internal sealed class HubLink : ISocketOwner, IDisposable
{
    private const byte EndOfMessage = 0x1e;
    private const int Close = 8, Ping = 9;
    private readonly EventLoop _loop;
    private readonly ILinkOwner _owner;
    private readonly Socket _socket;
    private readonly int _token;
    private Phase _phase = Phase.Upgrading;

    // What was received and is not complete: text of an unfinished message, then bytes of an unfinished header or control frame.
    private byte[] _rest = [];
    private int _restText;
    private int _restLength;
    private long _frameLeft;
    private int _opcode;

    // What the network has not taken yet.
    private byte[] _unsent = [];

    private HubLink(EventLoop loop, ILinkOwner owner, Socket socket)
    {
        (_loop, _owner, _socket) = (loop, owner, socket);
        _token = loop.Watch(socket, this);
    }

    private enum Phase
    {
        Upgrading,
        Handshaking,
        Open,
        Closed,
    }

    /// <summary>Connects (at once: it is the same machine) and asks for the hub; the owner hears when it is open.</summary>
    /// <exception cref="SocketException">Nobody listens there.</exception>
    /// <param name="source">Address to connect from: each has some 28,000 ports.</param>
    public static HubLink Connect(EventLoop loop, ILinkOwner owner, IPEndPoint server, IPAddress source, string pathAndQuery)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            socket.Bind(new IPEndPoint(source, 0));
            socket.Connect(server);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
        socket.Blocking = false;
        var link = new HubLink(loop, owner, socket);
        link.Write(Encoding.ASCII.GetBytes(
            $"GET {pathAndQuery} HTTP/1.1\r\nHost: {server}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"));
        return link;
    }

    /// <summary>A frame in which messages can be put together.</summary>
    public FrameWriter NewFrame() => new(_loop.SendBuffer);

    /// <summary>Sends a whole frame.</summary>
    public void Write(ReadOnlySpan<byte> frame)
    {
        if (_phase == Phase.Closed)
            return; // its owner hears of it, or wanted it
        if (_unsent.Length == 0)
        {
            var sent = _socket.Send(frame, SocketFlags.None, out var error);
            if (error is not (SocketError.Success or SocketError.WouldBlock))
            {
                // Not from inside the call that writes: the read that follows finds the same.
                return;
            }
            frame = frame[Math.Max(0, error == SocketError.Success ? sent : 0)..];
            if (frame.Length == 0)
                return;
            _loop.WantToWrite(_socket, _token, true);
        }
        _unsent = [.. _unsent, .. frame];
    }

    public void CanWrite()
    {
        var sent = _socket.Send(_unsent, SocketFlags.None, out var error);
        if (error != SocketError.Success)
            return; // not yet, or broken: the read finds it
        _unsent = _unsent[sent..];
        if (_unsent.Length == 0)
            _loop.WantToWrite(_socket, _token, false);
    }

    public void CanRead()
    {
        if (_restLength > _loop.ReceiveBuffer.Length / 2)
            _loop.GrowReceiveBuffer();
        var buffer = _loop.ReceiveBuffer;
        _rest.AsSpan(0, _restLength).CopyTo(buffer);
        var count = _socket.Receive(buffer.AsSpan(_restLength), SocketFlags.None, out var error);
        if (error == SocketError.WouldBlock)
            return;
        if (error != SocketError.Success || count == 0)
        {
            Lose(error == SocketError.Success ? "the server closed the connection" : error.ToString());
            return;
        }
        var received = buffer.AsSpan(0, _restLength + count);
        var start = _phase == Phase.Upgrading ? Upgrade(received) : 0;
        if (start >= 0 && _phase != Phase.Closed)
            Decode(received[start..]);
    }

    /// <summary>Ends it without a word, as a client that is switched off.</summary>
    public void Dispose()
    {
        if (_phase == Phase.Closed)
            return;
        _phase = Phase.Closed;
        _loop.Forget(_socket, _token);
        _socket.Dispose();
    }

    /// <returns>Where the frames begin; -1 while the answer is not complete.</returns>
    private int Upgrade(ReadOnlySpan<byte> received)
    {
        var end = received.IndexOf("\r\n\r\n"u8);
        if (end < 0)
        {
            Keep([], received);
            return -1;
        }
        if (!received.StartsWith("HTTP/1.1 101"u8))
        {
            Lose(Encoding.ASCII.GetString(received[..received.IndexOf("\r\n"u8)]));
            return -1;
        }
        _phase = Phase.Handshaking;
        (_restLength, _restText) = (0, 0);
        var frame = NewFrame();
        frame.Append("{\"protocol\":\"json\",\"version\":1}\u001e"u8);
        Write(frame.Finish());
        return end + 4;
    }

    private void Decode(Span<byte> bytes)
    {
        var (text, raw) = (_restText, _restText);
        while (raw < bytes.Length)
        {
            if (_frameLeft == 0)
            {
                var size = ReadHeader(bytes[raw..]);
                if (size == 0)
                    break;
                raw += size;
            }
            var isControl = _opcode >= Close;
            if (isControl && bytes.Length - raw < _frameLeft)
                break;
            var take = (int)Math.Min(_frameLeft, bytes.Length - raw);
            if (isControl)
                Control(bytes.Slice(raw, take));
            else
                bytes.Slice(raw, take).CopyTo(bytes[text..]);
            text += isControl ? 0 : take;
            raw += take;
            _frameLeft -= take;
        }
        var start = HandOn(bytes[..text]);
        if (_phase != Phase.Closed)
            Keep(bytes[start..text], bytes[raw..]);
    }

    /// <returns>Its length; 0 when it is not complete.</returns>
    private int ReadHeader(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < 2)
            return 0;
        var length = bytes[1] & 0x7f;
        var size = length == 126 ? 4 : length == 127 ? 10 : 2;
        if (bytes.Length < size)
            return 0;
        _opcode = bytes[0] & 0x0f;
        _frameLeft = size switch
        {
            4 => BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]),
            10 => (long)BinaryPrimitives.ReadUInt64BigEndian(bytes[2..]),
            _ => length,
        };
        return size;
    }

    private void Control(ReadOnlySpan<byte> payload)
    {
        if (_opcode == Close)
        {
            Lose("the server said goodbye");
        }
        else if (_opcode == Ping)
        {
            var frame = NewFrame();
            frame.Append(payload);
            Write(frame.Finish(FrameWriter.Pong));
        }
    }

    /// <returns>Where the first unfinished message begins.</returns>
    private int HandOn(ReadOnlySpan<byte> text)
    {
        var start = 0;
        while (_phase != Phase.Closed && text[start..].IndexOf(EndOfMessage) is >= 0 and var length)
        {
            HandOnOne(text.Slice(start, length));
            start += length + 1;
        }
        return start;
    }

    private void HandOnOne(ReadOnlySpan<byte> message)
    {
        if (_phase == Phase.Open)
        {
            _owner.Received(message);
        }
        else if (message.SequenceEqual("{}"u8))
        {
            _phase = Phase.Open;
            _owner.Opened();
        }
        else
        {
            Lose($"the handshake was refused: {Encoding.UTF8.GetString(message)}");
        }
    }

    private void Keep(ReadOnlySpan<byte> text, ReadOnlySpan<byte> raw)
    {
        (_restText, _restLength) = (text.Length, text.Length + raw.Length);
        if (_rest.Length < _restLength)
            _rest = new byte[Math.Max(256, _restLength + (_restLength / 2))];
        else if (_restLength == 0 && _rest.Length > 0)
            _rest = []; // thousands of connections, and seldom one with a rest
        text.CopyTo(_rest);
        raw.CopyTo(_rest.AsSpan(text.Length));
    }

    private void Lose(string reason)
    {
        if (_phase == Phase.Closed)
            return;
        Dispose();
        _owner.Lost(reason);
    }
}
