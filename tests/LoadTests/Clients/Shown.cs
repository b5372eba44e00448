namespace ImDapr.LoadTests.Clients;

/// <summary>What became of a message that arrived.</summary>
internal enum Arrival
{
    New,

    /// <summary>Behind a later one of its conversation.</summary>
    Late,

    /// <summary>It had been shown.</summary>
    Again,
}

/// <summary>The seqs of one conversation that one device has shown.</summary>
internal sealed class Shown
{
    private HashSet<long>? _holes;
    private long _first;

    /// <summary>The highest; 0 before the first.</summary>
    public long Last { get; private set; }

    /// <summary>What is up to this seq lies before the run.</summary>
    public void StartAfter(long seq) => (_first, Last) = (seq + 1, seq);

    public Arrival Add(long seq)
    {
        if (seq <= Last)
            return _holes is not null && _holes.Remove(seq) ? Arrival.Late : Arrival.Again;
        if (_first == 0)
            _first = seq; // a member sees what came after it joined
        else if (seq > Last + 1)
            AddHoles(Last + 1, seq);
        Last = seq;
        return Arrival.New;
    }

    public bool Has(long seq) => seq >= _first && seq <= Last && _holes?.Contains(seq) != true;

    private void AddHoles(long from, long to)
    {
        _holes ??= [];
        for (var seq = from; seq < to; seq++)
            _holes.Add(seq);
    }
}
