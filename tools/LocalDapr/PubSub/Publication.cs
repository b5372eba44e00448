using System.Globalization;
using ImDapr.LocalDapr.Resources;

namespace ImDapr.LocalDapr.PubSub;

/// <summary>One publish call.</summary>
public sealed record Publication(
    string PubSub, string Topic, byte[] Data, string ContentType, IReadOnlyDictionary<string, string> Metadata, string? TraceParent, string? TraceState)
{
    /// <exception cref="FormatException">It is neither true nor false.</exception>
    public bool IsRaw => IsRawPayload(Metadata);

    /// <summary>The metadata <c>rawPayload</c>, with the words for true and false that Go's strconv knows.</summary>
    /// <exception cref="FormatException">It is neither.</exception>
    public static bool IsRawPayload(IReadOnlyDictionary<string, string> metadata) => metadata.GetValueOrDefault("rawPayload") switch
    {
        null or "" or "0" or "f" or "F" or "false" or "FALSE" or "False" => false,
        "1" or "t" or "T" or "true" or "TRUE" or "True" => true,
        var other => throw new FormatException($"rawPayload value must be a valid boolean: actual is '{other}'"),
    };

    public string? Override(string field) => Find($"cloudevent.{field}") is { Length: > 0 } value ? value : null;

    /// <summary>When <c>ttlInSeconds</c> (or <c>ttl</c>) was given and makes sense: the end of the message's life, RFC 3339 in UTC.</summary>
    public string? Expiration(TimeProvider time)
    {
        if ((Find("ttl") ?? Find("ttlInSeconds")) is not { Length: > 0 } text)
            return null;
        TimeSpan lifetime;
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var seconds))
        {
            if (seconds <= 0 && text != "0")
                return null;
            lifetime = TimeSpan.FromSeconds(Math.Min(seconds, (long)TimeSpan.FromDays(36500).TotalSeconds));
        }
        else if (!GoDuration.TryParse(text, out lifetime))
        {
            return null;
        }
        lifetime = lifetime < TimeSpan.Zero ? TimeSpan.Zero : lifetime;
        return (time.GetUtcNow() + lifetime).ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
    }

    private string? Find(string name) =>
        Metadata.FirstOrDefault(pair => pair.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Value;
}
