using System.Globalization;
using System.Text.RegularExpressions;

namespace ImDapr.LocalDapr.Resources;

/// <summary>Durations as Go writes them: <c>1h2m3s4ms</c>; a bare integer counts milliseconds, as in component metadata.</summary>
public static partial class GoDuration
{
    public static bool TryParse(string text, out TimeSpan duration)
    {
        duration = TimeSpan.Zero;
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var milliseconds))
        {
            duration = TimeSpan.FromMilliseconds(milliseconds);
            return true;
        }
        var match = Whole().Match(text);
        if (!match.Success)
            return false;
        foreach (Match part in Part().Matches(text))
            duration += double.Parse(part.Groups[1].Value, CultureInfo.InvariantCulture) * Unit(part.Groups[2].Value);
        return true;
    }

    private static TimeSpan Unit(string unit) => unit switch
    {
        "h" => TimeSpan.FromHours(1),
        "m" => TimeSpan.FromMinutes(1),
        "s" => TimeSpan.FromSeconds(1),
        "ms" => TimeSpan.FromMilliseconds(1),
        "us" or "µs" => TimeSpan.FromMicroseconds(1),
        _ => TimeSpan.FromTicks(1) / 100,
    };

    [GeneratedRegex(@"\A-?([0-9.]+(h|ms|us|µs|ns|m|s))+\z")]
    private static partial Regex Whole();

    [GeneratedRegex(@"([0-9.]+)(h|ms|us|µs|ns|m|s)")]
    private static partial Regex Part();
}
