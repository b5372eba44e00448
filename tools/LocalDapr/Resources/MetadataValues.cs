using System.Globalization;

namespace ImDapr.LocalDapr.Resources;

/// <summary>Metadata values of a component as numbers, flags and durations; a value that cannot be read is an error that names the file.</summary>
internal static class MetadataValues
{
    // What Dapr's own kit takes for true.
    private static readonly HashSet<string> Truths = new(["y", "yes", "true", "t", "on", "1"], StringComparer.OrdinalIgnoreCase);

    public static bool Flag(this ComponentSpec spec, string name) => spec.Find(name) is { } text && IsTruthy(text);

    public static bool IsTruthy(string text) => Truths.Contains(text.Trim());

    public static int Integer(this ComponentSpec spec, string name, int otherwise)
    {
        if (spec.Find(name) is not { } text)
            return otherwise;
        return int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value)
            ? value
            : throw spec.Invalid(name, "an integer");
    }

    /// <summary>A duration as Go writes it (<c>1m30s</c>), or a bare number of <paramref name="unit"/>.</summary>
    public static TimeSpan Duration(this ComponentSpec spec, string name, TimeSpan otherwise, TimeSpan unit)
    {
        if (spec.Find(name) is not { } text)
            return otherwise;
        return TryParseDuration(text, unit, out var value) ? value : throw spec.Invalid(name, "a duration such as 500ms, 3s or 1m30s");
    }

    public static bool TryParseDuration(string text, TimeSpan unit, out TimeSpan value)
    {
        if (!int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number))
            return GoDuration.TryParse(text, out value);
        value = number * unit;
        return true;
    }

    public static ComponentException Invalid(this ComponentSpec spec, string name, string expected) =>
        new($"{spec.File}: component {spec.Name} ({spec.Type}): metadata '{name}' is '{spec.Find(name)}', expected {expected}");
}
