using System.Text.RegularExpressions;
using ImDapr.Contracts;
using Microsoft.AspNetCore.SignalR;

namespace ImDapr.Chat.Connecting;

/// <summary>Reads the code out of a hub error, whose text SignalR wraps in a sentence of its own.</summary>
public static partial class HubErrors
{
    /// <summary>The refusal that the server wrote; <c>unavailable</c> when it wrote none (it broke, or it closed the connection).</summary>
    public static Refusal Parse(HubException error)
    {
        var match = CodeAndSentence().Match(error.Message);
        return match.Success
            ? new(match.Groups["code"].Value, match.Groups["sentence"].Value)
            : new(ErrorCodes.Unavailable, error.Message);
    }

    [GeneratedRegex(@"(?:\A|HubException: )(?<code>[a-z]+(?:_[a-z]+)*): (?<sentence>.*)", RegexOptions.Singleline | RegexOptions.CultureInvariant)]
    private static partial Regex CodeAndSentence();
}

/// <summary>The server refused a call on the hub.</summary>
public sealed class HubRefusedException(Refusal refusal, Exception inner) : Exception(refusal.ToString(), inner)
{
    public Refusal Refusal { get; } = refusal;
}

/// <summary>The connection ended while a call was under way: whether it took effect is unknown.</summary>
public sealed class LinkLostException(Exception inner) : Exception($"the connection was lost: {inner.Message}", inner);
