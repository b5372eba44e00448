using System.Globalization;

namespace ImDapr.LocalDapr.Bindings;

/// <summary>Times and durations as Go's standard library writes them.</summary>
internal static class GoText
{
    /// <summary>RFC 3339 in UTC, with as many digits of the second as are not zero.</summary>
    public static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture);

    /// <summary>For example <c>1h2m3.5s</c>, <c>12.5ms</c>, <c>300µs</c>, <c>0s</c>.</summary>
    public static string Duration(TimeSpan duration)
    {
        if (duration < TimeSpan.Zero)
            return "-" + Duration(-duration);
        if (duration == TimeSpan.Zero)
            return "0s";
        if (duration < TimeSpan.FromMicroseconds(1))
            return Number(duration.TotalNanoseconds, "ns");
        if (duration < TimeSpan.FromMilliseconds(1))
            return Number(duration.TotalMicroseconds, "µs");
        if (duration < TimeSpan.FromSeconds(1))
            return Number(duration.TotalMilliseconds, "ms");
        var seconds = Number((duration.Ticks % TimeSpan.TicksPerMinute) / (double)TimeSpan.TicksPerSecond, "s");
        var hours = (long)duration.TotalHours;
        var text = hours > 0 ? $"{hours}h{duration.Minutes}m{seconds}" : $"{duration.Minutes}m{seconds}";
        return duration < TimeSpan.FromMinutes(1) ? seconds : text;
    }

    private static string Number(double value, string unit) => value.ToString("0.#######", CultureInfo.InvariantCulture) + unit;
}
