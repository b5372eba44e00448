using System.Buffers;
using System.Globalization;
using System.Text.Json;

namespace ImDapr.LocalDapr.Json;

/// <summary>
/// Bends numbers as daprd does where it decodes JSON into float64 and encodes it again: integers above 2^53 change their value. Code that relies on them
/// must fail here too.
/// </summary>
public static class GoNumbers
{
    // Up to 15 digits every decimal integer is a float64 and is written back as it was.
    private const int ExactDigits = 15;

    // Deeper than any message needs, so that depth is no difference that a service would notice.
    public const int MaxDepth = 1000;

    // Above it even a careless encoder (jsoniter's "fastest") writes all digits.
    private const double CarelessUpTo = 0x4ffffff;
    private const double Millionths = 1_000_000;

    /// <param name="json">Any JSON value.</param>
    /// <param name="sixDecimals">Whether it is encoded again with six decimals at most, as state.redis does.</param>
    /// <returns>The JSON with every number as Go writes it; null when nothing changes.</returns>
    /// <exception cref="JsonException">A number is beyond float64.</exception>
    public static byte[]? Bend(ReadOnlySpan<byte> json, bool sixDecimals = false)
    {
        ArrayBufferWriter<byte>? bent = null;
        var copied = 0;
        Span<byte> buffer = stackalloc byte[64];
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = MaxDepth });
        while (reader.Read())
        {
            if (reader.TokenType != JsonTokenType.Number || IsExact(reader.ValueSpan))
                continue;

            var written = buffer[..Format(Rounded(reader.GetDouble(), sixDecimals), buffer)];
            if (written.SequenceEqual(reader.ValueSpan))
                continue;

            var start = (int)reader.TokenStartIndex;
            bent ??= new ArrayBufferWriter<byte>(json.Length + 16);
            bent.Write(json[copied..start]);
            bent.Write(written);
            copied = start + reader.ValueSpan.Length;
        }

        bent?.Write(json[copied..]);
        return bent?.WrittenSpan.ToArray();
    }

    private static double Rounded(double value, bool sixDecimals) =>
        sixDecimals && Math.Abs(value) <= CarelessUpTo ? Math.CopySign(Math.Floor((Math.Abs(value) * Millionths) + 0.5) / Millionths, value) : value;

    private static bool IsExact(ReadOnlySpan<byte> token) =>
        token.Length <= ExactDigits && token.IndexOfAnyExcept("-0123456789"u8) < 0;

    // As encoding/json does: the fewest digits that read back to the same number, an exponent below 1e-6 and from 1e21 on.
    private static int Format(double value, Span<byte> target)
    {
        if (!double.IsFinite(value))
            throw new JsonException("cannot unmarshal a number that is out of range into float64");

        Span<char> text = stackalloc char[32];
        value.TryFormat(text, out var length, "R", CultureInfo.InvariantCulture);
        Span<byte> digits = stackalloc byte[32];
        var (count, point, negative) = Take(text[..length], digits);
        var scientific = value != 0 && Math.Abs(value) is < 1e-6 or >= 1e21;
        var writer = new DigitWriter(target);
        if (negative)
            writer.Add((byte)'-');

        if (scientific)
            writer.AddScientific(digits[..count], point);
        else
            writer.AddPlain(digits[..count], point);

        return writer.Length;
    }

    // Significant digits of "-12.5E-07" and where the decimal point stands among them.
    private static (int Count, int Point, bool Negative) Take(ReadOnlySpan<char> text, Span<byte> digits)
    {
        var negative = text[0] == '-';
        var e = text.IndexOf('E');
        var exponent = e < 0 ? 0 : int.Parse(text[(e + 1)..], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        var mantissa = text[(negative ? 1 : 0)..(e < 0 ? text.Length : e)];
        var dot = mantissa.IndexOf('.');
        var point = (dot < 0 ? mantissa.Length : dot) + exponent;
        var count = 0;
        foreach (var c in mantissa)
        {
            if (c == '.')
                continue;

            if (c == '0' && count == 0)
                point--;
            else
                digits[count++] = (byte)c;
        }

        while (count > 0 && digits[count - 1] == '0')
            count--;

        return (count, point, negative);
    }

    private ref struct DigitWriter(Span<byte> target)
    {
        private readonly Span<byte> _target = target;

        public int Length { get; private set; }

        public void Add(byte value) => _target[Length++] = value;

        public void AddPlain(scoped ReadOnlySpan<byte> digits, int point)
        {
            if (point <= 0)
                Add((byte)'0');

            for (var i = 0; i < point; i++)
                Add(i < digits.Length ? digits[i] : (byte)'0');

            if (digits.Length <= point || digits.IsEmpty)
                return;

            Add((byte)'.');
            for (var i = point; i < digits.Length; i++)
                Add(i < 0 ? (byte)'0' : digits[i]);
        }

        public void AddScientific(scoped ReadOnlySpan<byte> digits, int point)
        {
            Add(digits[0]);
            if (digits.Length > 1)
                Add((byte)'.');

            foreach (var digit in digits[1..])
                Add(digit);

            Add((byte)'e');
            Add((byte)(point > 0 ? '+' : '-'));
            var exponent = Math.Abs(point - 1);
            exponent.TryFormat(_target[Length..], out var written, provider: CultureInfo.InvariantCulture);
            Length += written;
        }
    }
}
