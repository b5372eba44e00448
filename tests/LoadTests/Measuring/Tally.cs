namespace ImDapr.LoadTests.Measuring;

/// <summary>What the clients have seen since the start of the run, and between <see cref="Begin"/> and <see cref="End"/> how long it took.</summary>
internal sealed class Tally
{
    public long Sent { get; set; }

    /// <summary>Sends that were answered with a seq.</summary>
    public long Acknowledged { get; set; }

    /// <summary>Messages shown at other members than their sender, each member once.</summary>
    public long Delivered { get; set; }

    /// <summary>Messages shown at their own sender.</summary>
    public long Echoed { get; set; }

    /// <summary>A message that had been shown, at a new position or again in a timeline.</summary>
    public long Duplicates { get; set; }

    /// <summary>Messages shown behind a later one; seqs that two messages got.</summary>
    public long OutOfOrder { get; set; }

    /// <summary>Positions that Sync itself left out.</summary>
    public long Gaps { get; set; }

    /// <summary>Pushes of what the device had already. That is allowed.</summary>
    public long Repeats { get; set; }

    /// <summary>Syncs because a push left something out. That is allowed, too.</summary>
    public long Synced { get; set; }

    /// <summary>Sends, acks and syncs that were answered with an error, by its code; each is tried again as the protocol says.</summary>
    public SortedDictionary<string, long> Refused { get; } = new(StringComparer.Ordinal);

    /// <summary>Sends that were refused for good.</summary>
    public long GivenUp { get; set; }

    /// <summary>Connections that broke; their clients came back.</summary>
    public long Broken { get; set; }

    /// <summary>Inboxes that told their device to start over, devices that were thrown out.</summary>
    public long Resets { get; set; }

    public long Cursors { get; set; }

    public long Receipts { get; set; }

    /// <summary>Deliveries without a latency: their sender had sent too many since.</summary>
    public long Untimed { get; set; }

    /// <summary>The longest time for which the generator itself did nothing, in Stopwatch ticks: latencies hold it, too.</summary>
    public long LongestPause { get; set; }

    /// <summary>Latencies are wanted.</summary>
    public bool IsMeasuring { get; private set; }

    public Latency EndToEnd { get; } = new();

    public Latency Answer { get; } = new();

    /// <summary>End to end, of the current second.</summary>
    public Latency Recent { get; } = new();

    public void Begin()
    {
        EndToEnd.Reset();
        Answer.Reset();
        Recent.Reset();
        LongestPause = 0;
        IsMeasuring = true;
    }

    public void End() => IsMeasuring = false;

    public void Refuse(string code) => Refused[code] = Refused.GetValueOrDefault(code) + 1;
}
