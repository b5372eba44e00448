using ImDapr.LocalDapr.Resources;
namespace ImDapr.LocalDapr.Actors;

/// <summary>A reminder as it is kept: what it is, and which tick it stands at.</summary>
/// <param name="Data">JSON; null when none was given.</param>
/// <param name="DueTime">Text as given; null when none was.</param>
/// <param name="Period">Time between ticks; null: one tick only.</param>
/// <param name="RepeatsLeft">Ticks still to come; -1: without end.</param>
/// <param name="Tick">Hour of the tick that it stands at.</param>
/// <param name="Due">Hour of its next attempt: that of the tick, or later when attempts have failed.</param>
/// <param name="Revision">Set by the store; another one means that the reminder was registered anew.</param>
public sealed record Reminder(
    string Type, string Id, string Name, byte[]? Data, string? DueTime, string? Ttl, TimeSpan? Period, int RepeatsLeft, DateTimeOffset Tick,
    DateTimeOffset? Expires, DateTimeOffset Due, int Attempts = 0, long Revision = 0)
{
    private const int MaxRetries = 3;
    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(1);

    /// <summary>How the period is shown: that of the job which daprd makes of it.</summary>
    public string? Schedule => Period is { } period ? $"@every {GoDuration.Format(period)}" : null;

    /// <returns>The reminder after a failed attempt; null when that was the last one of the last tick.</returns>
    public Reminder? Failed() =>
        Attempts < MaxRetries ? this with { Attempts = Attempts + 1, Due = Due + RetryInterval } : Next();

    /// <returns>The reminder at its next tick, which is counted from this one's hour (what was missed is made up for); null when there is none.</returns>
    public Reminder? Next()
    {
        var left = RepeatsLeft > 0 ? RepeatsLeft - 1 : RepeatsLeft;
        if (Period is not { } period || left == 0)
            return null;

        var tick = Tick + period;
        return tick > Expires ? null : this with { Tick = tick, Due = tick, RepeatsLeft = left, Attempts = 0 };
    }
}
