using System.Globalization;
using System.Text.RegularExpressions;

namespace ImDapr.LocalDapr.Resources;

/// <summary>Whole quantities as Kubernetes writes them: <c>100Mi</c>, <c>1.5k</c>, <c>2e3</c>.</summary>
internal static partial class GoQuantity
{
    private const string Powers = "kMGTPE";

    public static bool TryParse(string text, out long value)
    {
        value = 0;
        var match = Form().Match(text);
        if (!match.Success || !decimal.TryParse(match.Groups["number"].Value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number))
            return false;
        var unit = match.Groups["unit"].Value;
        var factor = unit.Length == 0 ? 1m : (decimal)Math.Pow(unit.EndsWith('i') ? 1024 : 1000, Powers.IndexOf(unit[0] == 'K' ? 'k' : unit[0]) + 1);
        var whole = Math.Abs(number) <= long.MaxValue / factor && decimal.IsInteger(number * factor);
        value = whole ? (long)(number * factor) : 0;
        return whole;
    }

    [GeneratedRegex(@"\A(?<number>[+-]?(?:\d{1,18}(?:\.\d{0,9})?|\.\d{1,9})(?:[eE][+-]?\d{1,2})?)(?<unit>[KMGTPE]i|[kMGTPE])?\z")]
    private static partial Regex Form();
}
