using System.ComponentModel.DataAnnotations;
using ImDapr.ServiceDefaults.Settings;

namespace ImDapr.ServiceDefaults.Hosting;

/// <summary>Section <c>Drain</c>: how an instance leaves that was asked to stop.</summary>
[Settings("Drain")]
public sealed class DrainOptions
{
    /// <summary>Most seconds that an instance goes on serving after it was asked to stop; what has not ended by then is cut off.</summary>
    [Range(0, 600)]
    public int LimitSeconds { get; init; } = 20;

    // Longer than a sidecar takes to notice: two health checks a second apart, each with half a second for its answer.
    /// <summary>Milliseconds without any request after which nobody is thought to send one any more.</summary>
    [Range(0, 60_000)]
    public int QuietMilliseconds { get; init; } = 2500;

    public TimeSpan Limit => TimeSpan.FromSeconds(LimitSeconds);

    public TimeSpan Quiet => TimeSpan.FromMilliseconds(QuietMilliseconds);
}
