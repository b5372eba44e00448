using System.Globalization;
using System.Text.Json;

namespace ImDapr.LocalDapr.Secrets;

/// <summary>
/// What Go prints for a JSON value where it expects a string: <c>%!s(float64=5)</c> for 5. daprd's file store serves it so, and who relies on
/// numbers as secrets must hear of it here too: quote them.
/// </summary>
internal static class GoSecretText
{
    public static string Of(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString()!,
        JsonValueKind.True => "%!s(bool=true)",
        JsonValueKind.False => "%!s(bool=false)",
        JsonValueKind.Number => $"%!s(float64={Number(value.GetDouble())})",
        _ => "%!s(<nil>)",
    };

    // The fewest digits that read back to the same number; with an exponent, of two digits or more, below 1e-4 and from 1e21 on.
    private static string Number(double value)
    {
        if (!double.IsFinite(value))
            throw new JsonException("a number is out of range of float64");
        var text = value.ToString("R", CultureInfo.InvariantCulture);
        var e = text.IndexOf('E');
        if (e < 0)
            return text;
        var exponent = int.Parse(text[(e + 1)..], CultureInfo.InvariantCulture);
        if (exponent is < -4 or >= 21)
            return $"{text[..e]}e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent):00}";
        // .NET begins with exponents at 1e15.
        var sign = value < 0 ? "-" : "";
        var digits = text[sign.Length..e].Replace(".", "", StringComparison.Ordinal).PadRight(exponent + 1, '0');
        return digits.Length == exponent + 1 ? sign + digits : $"{sign}{digits[..(exponent + 1)]}.{digits[(exponent + 1)..]}";
    }
}
