namespace ImDapr.LoadTests.Clients;

/// <summary>What a device needs to know of a message.</summary>
/// <param name="Position">0 for a message of a timeline.</param>
/// <param name="Conversation">Null for one that the run does not know.</param>
/// <param name="Seq">1, 2, 3 … in its conversation.</param>
/// <param name="Sender">Index of the sending device of this run; -1 for others.</param>
/// <param name="Number">The sender's own count.</param>
internal readonly record struct Entry(long Position, Conversation? Conversation, long Seq, int Sender, int Number);

/// <summary>The head of a conversation that stands in no inbox.</summary>
internal readonly record struct TimelineHead(Conversation Conversation, long LastSeq);

/// <summary>What a Sync answered, but its entries.</summary>
internal sealed class Page
{
    public List<Entry> Entries { get; } = [];

    public List<TimelineHead> Timelines { get; } = [];

    public long Next { get; set; }

    public long Head { get; set; }

    public string? Epoch { get; set; }

    public bool IsReset { get; set; }

    public bool HasMore { get; set; }
}
