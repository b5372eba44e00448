using ImDapr.LoadTests.Clients;

namespace ImDapr.LoadTests.Reports;

/// <summary>Whether the promise was kept: over the whole run, not only while it was measured.</summary>
/// <param name="Sent">Messages sent.</param>
/// <param name="Acknowledged">Those that were answered with a seq.</param>
/// <param name="Delivered">Shown at other members.</param>
/// <param name="Lost">Acknowledged and not shown at a device of a member.</param>
/// <param name="Duplicates">Shown at a new position although they had been.</param>
/// <param name="OutOfOrder">Shown behind a later one, and seqs that were given twice.</param>
/// <param name="Gaps">Positions that Sync left out.</param>
/// <param name="Unanswered">Sends that never had an answer.</param>
/// <param name="Refused">Calls that were answered with an error, by code; sends among them were repeated.</param>
/// <param name="GivenUp">Sends that were refused for good.</param>
/// <param name="Resets">Inboxes that told their device to start over, and devices that were thrown out.</param>
/// <param name="Synced">Holes that a client saw in its pushes and filled by a sync.</param>
/// <param name="Repeats">Pushes of what a client had.</param>
/// <param name="Broken">Connections that broke, by reason.</param>
/// <param name="Untimed">Deliveries without a latency.</param>
/// <param name="SettledAfterSeconds">From the last send until everything was shown.</param>
/// <param name="LastError">The last error for good.</param>
internal sealed record Outcome(
    long Sent,
    long Acknowledged,
    long Delivered,
    long Lost,
    long Duplicates,
    long OutOfOrder,
    long Gaps,
    long Unanswered,
    IReadOnlyDictionary<string, long> Refused,
    long GivenUp,
    long Resets,
    long Synced,
    long Repeats,
    IReadOnlyDictionary<string, int> Broken,
    long Untimed,
    double SettledAfterSeconds,
    string LastError)
{
    public bool IsClean => Lost == 0 && Duplicates == 0 && OutOfOrder == 0 && Gaps == 0 && Unanswered == 0 && GivenUp == 0 && Resets == 0;

    public static Outcome Of(Crowd crowd, TimeSpan settledAfter)
    {
        var tally = crowd.Tally;
        return new Outcome(
            tally.Sent, tally.Acknowledged, tally.Delivered, crowd.Missing(), tally.Duplicates, tally.OutOfOrder, tally.Gaps, crowd.Pending,
            tally.Refused, tally.GivenUp, tally.Resets, tally.Synced, tally.Repeats, crowd.ReasonsOfLoss, tally.Untimed, settledAfter.TotalSeconds, crowd.LastError);
    }

    public override string ToString()
    {
        var text = $"lost {Lost}, duplicates {Duplicates}, out of order {OutOfOrder}, gaps {Gaps}, unanswered {Unanswered}, refused for good {GivenUp}, resets {Resets}; "
            + $"allowed: synced {Synced}, repeated pushes {Repeats}, refused and repeated {Refused.Values.Sum()}, broken connections {Broken.Values.Sum()}, untimed {Untimed}";
        foreach (var (code, count) in Refused)
            text += $"; {count} × {code}";
        foreach (var (reason, count) in Broken)
            text += $"; {count} × {reason}";
        return LastError.Length > 0 ? $"{text}; last error: {LastError}" : text;
    }
}
