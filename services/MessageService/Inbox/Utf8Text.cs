using System.Buffers;
using System.Globalization;
using System.Text;

namespace ImDapr.MessageService.Inbox;

/// <summary>Text as UTF-8, written into one buffer for each thread: an inbox is written with every append, and all that remains of it is its bytes.</summary>
public sealed class Utf8Text
{
    private const int LongestNumber = 20;

    // Larger ones are rare, tails full of copies, and are not kept.
    private const int MostKept = 1024 * 1024;

    [ThreadStatic]
    private static Utf8Text? _ofThread;

    private readonly ArrayBufferWriter<byte> _bytes = new(4096);

    private Utf8Text()
    {
    }

    /// <summary>An empty text, for this thread until it begins the next one.</summary>
    public static Utf8Text Begin()
    {
        if (_ofThread is not { _bytes.Capacity: <= MostKept })
            _ofThread = new Utf8Text();
        _ofThread._bytes.ResetWrittenCount();
        return _ofThread;
    }

    public Utf8Text Add(string text)
    {
        Encoding.UTF8.GetBytes(text, _bytes);
        return this;
    }

    public Utf8Text Add(long number)
    {
        number.TryFormat(_bytes.GetSpan(LongestNumber), out var written, provider: CultureInfo.InvariantCulture);
        _bytes.Advance(written);
        return this;
    }

    public Utf8Text Add(ReadOnlySpan<byte> utf8)
    {
        _bytes.Write(utf8);
        return this;
    }

    public byte[] ToArray() => _bytes.WrittenSpan.ToArray();
}
