using System.Globalization;
using System.Text.RegularExpressions;

namespace ImDapr.Contracts;

/// <summary>How long to wait after <c>rate_limited</c>: the sentence of the refusal ends with <c>Try again in {n} ms.</c></summary>
public static partial class RetryHint
{
    /// <summary>A refusal of a call that may be repeated after <paramref name="wait"/>, rounded up to milliseconds.</summary>
    public static Refusal Limited(string sentence, TimeSpan wait) =>
        new(ErrorCodes.RateLimited, string.Create(CultureInfo.InvariantCulture, $"{sentence} Try again in {Math.Max(1, Math.Ceiling(wait.TotalMilliseconds)):F0} ms."));

    /// <summary>The wait that a refusal asks for; null when it names none.</summary>
    public static TimeSpan? Of(Refusal refusal) =>
        Ending().Match(refusal.Message) is { Success: true } match
            ? TimeSpan.FromMilliseconds(int.Parse(match.Groups["ms"].ValueSpan, CultureInfo.InvariantCulture))
            : null;

    // At most nine digits: eleven days, and no overflow.
    [GeneratedRegex(@"Try again in (?<ms>[0-9]{1,9}) ms\.\z", RegexOptions.CultureInvariant)]
    private static partial Regex Ending();
}
