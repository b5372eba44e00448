using System.Globalization;
using Grpc.Core;
using ImDapr.LocalDapr.Api;

namespace ImDapr.LocalDapr.State;

/// <summary>The time to live in the metadata of a write.</summary>
internal static class StateTtl
{
    /// <returns>Seconds; null when it is not given.</returns>
    /// <exception cref="DaprError">It is no number.</exception>
    public static int? Read(IEnumerable<KeyValuePair<string, string>>? metadata)
    {
        var text = metadata?.FirstOrDefault(pair => pair.Key.Equals("ttlInSeconds", StringComparison.OrdinalIgnoreCase)).Value;
        if (string.IsNullOrEmpty(text))
            return null;
        return int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var seconds) ? seconds : throw new DaprError(
            StatusCode.Internal, 500, "ERR_STATE_SAVE", $"failed saving state: failed to parse ttl from metadata: incorrect value for metadata 'ttlInSeconds': {text}");
    }
}
