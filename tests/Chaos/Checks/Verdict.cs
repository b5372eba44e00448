namespace ImDapr.Chaos.Checks;

/// <summary>What was found when everybody had fallen silent.</summary>
/// <param name="Lost">Acknowledged messages that a device of a member has not shown, counted once for each device.</param>
/// <param name="Duplicates">Messages that a device has shown twice, or seqs that were acknowledged twice.</param>
/// <param name="Disorders">Messages shown behind a later one of their conversation, or stored against the order in which their sender wrote.</param>
/// <param name="Gaps">Holes in the positions of an inbox, or in the seqs of a conversation in the database.</param>
/// <param name="Disagreements">Conversations of which two devices of one user have not shown the same.</param>
/// <param name="Others">What must not happen either: a process that died by itself, a client that was kicked, a promise about recovery that was not kept.</param>
internal sealed record Verdict(
    IReadOnlyList<string> Lost,
    IReadOnlyList<string> Duplicates,
    IReadOnlyList<string> Disorders,
    IReadOnlyList<string> Gaps,
    IReadOnlyList<string> Disagreements,
    IReadOnlyList<string> Others)
{
    public IEnumerable<string> All => [.. Lost, .. Duplicates, .. Disorders, .. Gaps, .. Disagreements, .. Others];

    public bool IsClean => !All.Any();
}
