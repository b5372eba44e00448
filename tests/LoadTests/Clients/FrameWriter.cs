using System.Buffers.Binary;
using System.Buffers.Text;

namespace ImDapr.LoadTests.Clients;

/// <summary>Puts one WebSocket frame of a client together in a given buffer.</summary>
internal ref struct FrameWriter(Span<byte> buffer)
{
    public const int Text = 1, Pong = 10;

    /// <summary>The longest header: two bytes, eight of length, four of mask.</summary>
    private const int HeaderSpace = 14;
    private const int MaskBytes = 4;
    private readonly Span<byte> _buffer = buffer;
    private int _end = HeaderSpace;

    public void Append(scoped ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(_buffer[_end..]);
        _end += bytes.Length;
    }

    public void Append(long number)
    {
        if (!Utf8Formatter.TryFormat(number, _buffer[_end..], out var written))
            throw new InvalidOperationException("The frame is longer than the buffer");
        _end += written;
    }

    /// <summary>The whole frame. The mask is 0, which is one of those that a client may choose and costs the generator nothing.</summary>
    public readonly ReadOnlySpan<byte> Finish(int opcode = Text)
    {
        var length = _end - HeaderSpace;
        var start = HeaderSpace - MaskBytes - 2 - (length <= 125 ? 0 : length <= ushort.MaxValue ? 2 : 8);
        var header = _buffer[start..HeaderSpace];
        header.Clear();
        header[0] = (byte)(0x80 | opcode);
        header[1] = (byte)(0x80 | (length <= 125 ? length : length <= ushort.MaxValue ? 126 : 127));
        if (length > ushort.MaxValue)
            BinaryPrimitives.WriteUInt64BigEndian(header[2..], (ulong)length);
        else if (length > 125)
            BinaryPrimitives.WriteUInt16BigEndian(header[2..], (ushort)length);
        return _buffer[start.._end];
    }
}
