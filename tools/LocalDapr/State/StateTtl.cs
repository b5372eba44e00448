using System.Globalization;
using Grpc.Core;
using ImDapr.LocalDapr.Api;

namespace ImDapr.LocalDapr.State;

/// <summary>The time to live in the metadata of a write.</summary>
internal static class StateTtl
{
    private const string Name = "ttlInSeconds";

    /// <returns>Seconds; null when it is not given, which it also is not under the name in other letters: stores look for exactly this one.</returns>
    /// <exception cref="DaprError">It is no number.</exception>
    public static int? Read(IEnumerable<KeyValuePair<string, string>>? metadata)
    {
        var text = metadata?.FirstOrDefault(pair => pair.Key == Name).Value;
        if (string.IsNullOrEmpty(text))
            return null;
        return int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var seconds) ? seconds : throw new DaprError(
            StatusCode.Internal, 500, "ERR_STATE_SAVE", $"failed saving state: failed to parse ttl from metadata: incorrect value for metadata '{Name}': {text}");
    }

    /// <summary>Of numbers below 0 the SQL stores know -1 alone, for ever.</summary>
    /// <exception cref="StateStoreException">It is less.</exception>
    public static void RefuseBelowMinusOne(int? seconds)
    {
        if (seconds < -1)
            throw new StateStoreException($"error parsing TTL: incorrect value for metadata '{Name}': must be -1 or greater");
    }
}
