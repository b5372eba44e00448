using System.Globalization;
using System.Text;

namespace ImDapr.LocalDapr.Resources;

/// <summary>Durations in Go's notation (<c>1h2m3.5s</c>), to the 100 ns that a TimeSpan holds.</summary>
public static class GoDuration
{
    public static bool TryParse(string text, out TimeSpan duration)
    {
        duration = TimeSpan.Zero;
        var rest = text.AsSpan();
        var negative = rest.Length > 0 && rest[0] == '-';
        if (negative || (rest.Length > 0 && rest[0] == '+'))
            rest = rest[1..];

        if (rest is "0")
            return true;

        if (rest.IsEmpty)
            return false;

        decimal ticks = 0;
        while (!rest.IsEmpty)
        {
            if (!TryTakePart(ref rest, ref ticks))
                return false;
        }

        if (ticks > long.MaxValue)
            return false;

        duration = TimeSpan.FromTicks((long)(negative ? -ticks : ticks));
        return true;
    }

    /// <summary>As Go writes it: <c>1h0m0s</c>, <c>1.5s</c>, <c>250ms</c>, <c>0s</c>.</summary>
    public static string Format(TimeSpan duration)
    {
        if (duration == TimeSpan.Zero)
            return "0s";

        var sign = duration < TimeSpan.Zero ? "-" : "";
        var ticks = Math.Abs((decimal)duration.Ticks);
        if (ticks < TimeSpan.TicksPerMillisecond)
            return $"{sign}{Number(ticks / TimeSpan.TicksPerMicrosecond)}µs";

        if (ticks < TimeSpan.TicksPerSecond)
            return $"{sign}{Number(ticks / TimeSpan.TicksPerMillisecond)}ms";

        var text = new StringBuilder(sign);
        var hours = Math.Floor(ticks / TimeSpan.TicksPerHour);
        var minutes = Math.Floor(ticks / TimeSpan.TicksPerMinute);
        if (hours > 0)
            text.Append(Number(hours)).Append('h');

        if (minutes > 0)
            text.Append(Number(minutes % 60)).Append('m');

        return text.Append(Number(ticks % TimeSpan.TicksPerMinute / TimeSpan.TicksPerSecond)).Append('s').ToString();
    }

    private static bool TryTakePart(ref ReadOnlySpan<char> rest, ref decimal ticks)
    {
        var digits = rest.IndexOfAnyExcept("0123456789.");
        if (digits <= 0 || !decimal.TryParse(rest[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value))
            return false;

        rest = rest[digits..];
        var end = rest.IndexOfAny("0123456789.");
        var unit = end < 0 ? rest : rest[..end];
        rest = rest[unit.Length..];
        var ticksPerUnit = TicksPer(unit);
        if (ticksPerUnit == 0 || value > long.MaxValue / TimeSpan.TicksPerHour)
            return false;

        ticks += value * ticksPerUnit;
        return true;
    }

    private static decimal TicksPer(ReadOnlySpan<char> unit) => unit switch
    {
        "h" => TimeSpan.TicksPerHour,
        "m" => TimeSpan.TicksPerMinute,
        "s" => TimeSpan.TicksPerSecond,
        "ms" => TimeSpan.TicksPerMillisecond,
        "us" or "µs" or "μs" => TimeSpan.TicksPerMicrosecond,
        "ns" => 0.01m,
        _ => 0
    };

    private static string Number(decimal value) => value.ToString("0.#######", CultureInfo.InvariantCulture);
}
