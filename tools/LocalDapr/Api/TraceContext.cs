using System.Buffers;

namespace ImDapr.LocalDapr.Api;

/// <summary>W3C trace context: every hop through a sidecar is a span of its own in the caller's trace, or in a new one.</summary>
public static class TraceContext
{
    private const int TextLength = 55;
    private const int BinaryLength = 29;
    private static readonly SearchValues<char> Hex = SearchValues.Create("0123456789abcdef");

    /// <summary>A span below <paramref name="parent"/>: the same trace and flags. Without a valid parent: a new trace that is not sampled.</summary>
    public static string Child(string? parent) => IsValid(parent)
        ? string.Concat(parent.AsSpan(0, 36), RandomHex(8), parent.AsSpan(52))
        : $"00-{RandomHex(16)}-{RandomHex(8)}-00";

    /// <summary>The <c>traceparent</c> that a <c>grpc-trace-bin</c> header (base64) stands for; null when it is none.</summary>
    public static string? FromBinary(string? base64)
    {
        if (string.IsNullOrEmpty(base64))
            return null;
        Span<byte> bytes = stackalloc byte[BinaryLength + 3];
        var padded = base64.PadRight((base64.Length + 3) / 4 * 4, '=');
        // Version 0, then fields by number: 0 the trace, 1 the span, 2 the flags.
        if (!Convert.TryFromBase64String(padded, bytes, out var length) || length != BinaryLength || bytes[0] != 0 || bytes[1] != 0 || bytes[18] != 1 || bytes[27] != 2)
            return null;
        return $"00-{Convert.ToHexStringLower(bytes[2..18])}-{Convert.ToHexStringLower(bytes[19..27])}-{Convert.ToHexStringLower(bytes[28..29])}";
    }

    public static bool IsValid(string? text) =>
        text is { Length: >= TextLength } && text[2] == '-' && text[35] == '-' && text[52] == '-' && !text.StartsWith("ff", StringComparison.Ordinal)
        && IsHex(text.AsSpan(0, 2)) && IsId(text.AsSpan(3, 32)) && IsId(text.AsSpan(36, 16)) && IsHex(text.AsSpan(53, 2))
        && (text.Length == TextLength || !text.StartsWith("00", StringComparison.Ordinal));

    private static bool IsHex(ReadOnlySpan<char> text) => text.IndexOfAnyExcept(Hex) < 0;

    private static bool IsId(ReadOnlySpan<char> text) => IsHex(text) && text.IndexOfAnyExcept('0') >= 0;

    private static string RandomHex(int bytes)
    {
        Span<byte> random = stackalloc byte[bytes];
        Random.Shared.NextBytes(random); // to be told apart, not to be kept secret
        return Convert.ToHexStringLower(random);
    }
}
