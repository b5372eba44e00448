namespace ImDapr.LoadTests.Clients;

/// <summary>How clients behave.</summary>
internal sealed record ClientOptions
{
    /// <summary>From the first entry shown until the cursor is told. tools/Chat waits as long.</summary>
    public TimeSpan AcknowledgeAfter { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>So many entries are acknowledged at once, whatever the time; 0: no number does, as in tools/Chat.</summary>
    public int AcknowledgeEntries { get; init; }

    /// <summary>Messages of a sender that are remembered, for latencies: a power of two.</summary>
    public int Remembered { get; init; } = 1_024;

    public string Describe() =>
        $"acknowledged {AcknowledgeAfter.TotalMilliseconds:0} ms after the first new entry{(AcknowledgeEntries > 0 ? $", or as soon as there are {AcknowledgeEntries}" : ", as tools/Chat does with 200 ms")}";
}
