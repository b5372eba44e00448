using System.Text.RegularExpressions;

namespace ImDapr.Contracts;

/// <summary>What ids look like. All are case-sensitive ASCII, so they sort and compare alike in C#, MySQL, SQLite and Redis.</summary>
public static partial class Ids
{
    /// <summary>User, group and device ids: 1–64 of letters, digits, dot, underscore, hyphen; the first is a letter or digit.</summary>
    public static bool IsValid(string? id) => id is not null && Plain().IsMatch(id);

    /// <summary>Client message ids: 1–64 visible ASCII characters; anything unique per sender, a UUID for instance.</summary>
    public static bool IsValidClientMessageId(string? id) => id is not null && Visible().IsMatch(id);

    [GeneratedRegex(@"\A[A-Za-z0-9][A-Za-z0-9._-]{0,63}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Plain();

    [GeneratedRegex(@"\A[!-~]{1,64}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Visible();
}
