using ImDapr.Contracts;

namespace ImDapr.MessageService.Inbox;

/// <summary>An entry of an inbox: which entity stands at a position.</summary>
public readonly record struct InboxReference(string ConversationId, long Seq);

/// <summary>
/// One user's queue of references, without I/O. Positions are given here and nowhere else: 1, 2, 3 … without gaps. Entries lie in segments of
/// <see cref="SegmentSize"/>: the newest one, the tail, is rewritten with every append; a full one is sealed and never changes until it is trimmed.
/// </summary>
public sealed class Inbox
{
    public const int SegmentSize = 100;

    /// <summary>Entries that stay for a device that is new, however far the others have read.</summary>
    public const int Kept = 200;

    private readonly List<InboxReference> _tail;
    private readonly Dictionary<string, long> _held;

    /// <param name="epoch">Another one means other positions.</param>
    /// <param name="firstSegment">Oldest segment that is kept.</param>
    /// <param name="tailSegment">Index of the segment that is being filled.</param>
    /// <param name="tail">Its entries.</param>
    /// <param name="held">Last seq of each conversation when the tail was begun; what the tail holds is added to it.</param>
    public Inbox(string epoch, long firstSegment, long tailSegment, IEnumerable<InboxReference> tail, IReadOnlyDictionary<string, long> held)
    {
        Epoch = epoch;
        FirstSegment = firstSegment;
        TailSegment = tailSegment;
        _tail = [.. tail];
        _held = new Dictionary<string, long>(held);
        foreach (var entry in _tail)
            Hold(entry.ConversationId, entry.Seq);
    }

    public string Epoch { get; }
    public long FirstSegment { get; private set; }
    public long TailSegment { get; private set; }
    public IReadOnlyList<InboxReference> Tail => _tail;
    public IReadOnlyDictionary<string, long> HeldSeqs => _held;

    /// <summary>Last position given; 0 for an empty inbox.</summary>
    public long Head => (TailSegment * SegmentSize) + _tail.Count;

    /// <summary>First position that is kept.</summary>
    public long First => (FirstSegment * SegmentSize) + 1;

    /// <summary>Last seq that stands here or need not (void, before the join).</summary>
    public long Held(string conversationId, long joinSeq) => Math.Max(_held.GetValueOrDefault(conversationId), joinSeq - 1);

    /// <summary>What is missing before this reference may be appended: from–to, or null.</summary>
    public (long From, long To)? GapBefore(MessageReference reference)
    {
        var held = Held(reference.ConversationId, reference.JoinSeq);
        return reference.Seq > held + 1 ? (held + 1, reference.Seq - 1) : null;
    }

    /// <summary>
    /// Appends a reference that is next in its conversation; what is held already changes nothing, a void only moves the held seq. Returns the
    /// position where it stands now: 0 for one that has none, or whose position lies in a sealed segment.
    /// </summary>
    /// <exception cref="InvalidOperationException">A seq before it is missing: fill <see cref="GapBefore"/> first (invariant I3).</exception>
    public long Append(MessageReference reference, List<SealedSegment> sealedNow)
    {
        var held = Held(reference.ConversationId, reference.JoinSeq);
        if (reference.Seq <= held)
            return PositionOf(reference);
        if (reference.Seq > held + 1)
            throw new InvalidOperationException($"{reference.ConversationId} {reference.Seq} follows {held}: fill the gap first");
        Hold(reference.ConversationId, reference.Seq);
        if (reference.IsVoid)
            return 0;
        _tail.Add(new InboxReference(reference.ConversationId, reference.Seq));
        var position = Head;
        SealIfFull(sealedNow);
        return position;
    }

    /// <summary>Everything of this conversation up to this seq either stands here or will never need a position.</summary>
    public void Pass(string conversationId, long seq) => Hold(conversationId, seq);

    /// <summary>Drops sealed segments that every device has acknowledged and that are not among the newest <see cref="Kept"/> entries.</summary>
    /// <returns>Indices of the segments to delete.</returns>
    public IReadOnlyList<long> Trim(long smallestCursor)
    {
        var upTo = Math.Min(smallestCursor, Head - Kept);
        var keepFrom = Math.Min(upTo < 0 ? 0 : upTo / SegmentSize, TailSegment);
        if (keepFrom <= FirstSegment)
            return [];
        var dropped = Enumerable.Range(0, (int)(keepFrom - FirstSegment)).Select(i => FirstSegment + i).ToList();
        FirstSegment = keepFrom;
        return dropped;
    }

    /// <summary>Index of the segment that holds a position.</summary>
    public static long SegmentOf(long position) => (position - 1) / SegmentSize;

    private long PositionOf(MessageReference reference)
    {
        // Searched from the end: it is asked for what was appended a moment ago and is repeated.
        var index = _tail.FindLastIndex(entry => entry.Seq == reference.Seq && entry.ConversationId == reference.ConversationId);
        return index < 0 ? 0 : (TailSegment * SegmentSize) + index + 1;
    }

    private void SealIfFull(List<SealedSegment> sealedNow)
    {
        if (_tail.Count < SegmentSize)
            return;
        sealedNow.Add(new SealedSegment(TailSegment, [.. _tail]));
        _tail.Clear();
        TailSegment++;
    }

    private void Hold(string conversationId, long seq) => _held[conversationId] = Math.Max(seq, _held.GetValueOrDefault(conversationId));
}

public sealed record SealedSegment(long Index, IReadOnlyList<InboxReference> Entries);
