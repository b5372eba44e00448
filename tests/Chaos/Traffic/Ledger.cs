namespace ImDapr.Chaos.Traffic;

/// <summary>One acknowledged message: the promise that is held against every device.</summary>
/// <param name="Number">Rises with each message of a sender who waits for one acknowledgement before it writes the next.</param>
internal sealed record Acknowledged(string ConversationId, long Seq, string ClientMessageId, string SenderId, int Number)
{
    /// <summary>The number of what was under way beside others.</summary>
    public const int Unordered = 0;
}

/// <summary>Every acknowledgement that a client was given. Thread-safe.</summary>
internal sealed class Ledger
{
    private readonly Lock _lock = new();
    private readonly List<Acknowledged> _all = [];
    private readonly Dictionary<string, long> _heads = [];
    private long _refused;
    private long _unanswered;

    public int Count
    {
        get
        {
            lock (_lock)
                return _all.Count;
        }
    }

    /// <summary>Tries that were refused with a code, and may be made again.</summary>
    public long Refused => Volatile.Read(ref _refused);

    /// <summary>Tries that got no answer: the connection ended, or time was up.</summary>
    public long Unanswered => Volatile.Read(ref _unanswered);

    public void Acknowledge(Acknowledged message)
    {
        lock (_lock)
        {
            _all.Add(message);
            _heads[message.ConversationId] = Math.Max(message.Seq, _heads.GetValueOrDefault(message.ConversationId));
        }
    }

    public void Refuse() => Interlocked.Increment(ref _refused);

    public void LeaveUnanswered() => Interlocked.Increment(ref _unanswered);

    /// <summary>Highest acknowledged seq of each conversation.</summary>
    public IReadOnlyDictionary<string, long> Heads()
    {
        lock (_lock)
            return new Dictionary<string, long>(_heads);
    }

    /// <summary>What was acknowledged from this number on.</summary>
    public IReadOnlyList<Acknowledged> Since(int index)
    {
        lock (_lock)
            return _all[index..];
    }
}
