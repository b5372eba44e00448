using ImDapr.Contracts;

namespace ImDapr.MessageService.Inbox;

/// <summary>An entry of an inbox: which entity stands at a position.</summary>
/// <param name="IsOwn">The user sent it.</param>
/// <param name="Recalls">Seq of the same conversation whose copy must not be shown any more; 0 for none.</param>
/// <param name="Copy">The message itself, where fan-out copies.</param>
public readonly record struct InboxReference(string ConversationId, long Seq, bool IsOwn = false, long Recalls = 0, Message? Copy = null);

/// <summary>Which segments an inbox consists of.</summary>
/// <param name="Epoch">Another one means other positions.</param>
/// <param name="FirstSegment">Oldest segment that is kept.</param>
/// <param name="FirstStored">Oldest segment in the state store; those before it are in overflow.</param>
/// <param name="TailSegment">Segment that the tail begins with.</param>
public sealed record InboxHeader(string Epoch, long FirstSegment, long FirstStored, long TailSegment)
{
    /// <summary>The life of the state store in which it was begun (<see cref="StateLife"/>).</summary>
    public string Life { get; init; } = "";

    /// <summary>Who is told when it grows.</summary>
    public InboxReaders Readers { get; init; } = InboxReaders.None;
}

/// <summary>
/// Who is told at once when an inbox grows. It stands in the inbox, so whoever appends knows it without asking anybody, and cannot miss that it
/// has just changed.
/// </summary>
/// <param name="Nodes">Instances of connection-service that hold a device, in ordinal order, joined by commas; empty when no device is connected.</param>
/// <param name="PolledUntil">Unix milliseconds, UTC, until which somebody may wait by polling.</param>
public sealed record InboxReaders(string Nodes, long PolledUntil)
{
    public static readonly InboxReaders None = new("", 0);

    public string[] NodeIds => Nodes.Length == 0 ? [] : Nodes.Split(',');

    public static string Join(IEnumerable<string> nodeIds) => string.Join(',', nodeIds.Distinct().Order(StringComparer.Ordinal));
}

/// <summary>What must be known of everything before the tail.</summary>
/// <param name="Held">Last seq of each conversation that stands here or needs no position.</param>
/// <param name="Recalled">Copies that must not be shown any more.</param>
public sealed record InboxMarks(IReadOnlyDictionary<string, long> Held, IReadOnlyList<RecalledCopy> Recalled)
{
    public static readonly InboxMarks None = new(new Dictionary<string, long>(), []);
}

/// <param name="Position">Where the recall stands: the copy stands before it, and is gone when this is.</param>
public sealed record RecalledCopy(long Position, string ConversationId, long Seq);

public sealed record SealedSegment(long Index, IReadOnlyList<InboxReference> Entries);

/// <summary>
/// One user's queue of references, without I/O. Positions are given here and nowhere else: 1, 2, 3 … without gaps. Entries lie in segments of
/// <see cref="SegmentSize"/>: the newest ones, the tail, are rewritten with every append; a full one is sealed and never changes until it is dropped.
/// </summary>
public sealed class Inbox
{
    public const int SegmentSize = 100;

    // 100 KiB at most, written once per sealed segment. Recalls beyond that are older than what any but the slowest device still lacks.
    private const int MaxRecalled = 2_000;

    private readonly List<InboxReference> _tail;
    private readonly Dictionary<string, long> _held;
    private readonly Dictionary<(string ConversationId, long Seq), long> _recalled;

    /// <param name="tail">Entries from the header's tail segment on.</param>
    /// <param name="marks">What was known when the tail was begun, or later; what the tail says is added.</param>
    public Inbox(InboxHeader header, IEnumerable<InboxReference> tail, InboxMarks marks)
    {
        Header = header;
        _tail = [.. tail];
        _held = new Dictionary<string, long>(marks.Held);
        _recalled = marks.Recalled.ToDictionary(copy => (copy.ConversationId, copy.Seq), copy => copy.Position);
        for (var i = 0; i < _tail.Count; i++)
            Remember(_tail[i], PositionAt(i));
    }

    /// <param name="readers">Who is told when it grows.</param>
    /// <param name="life">The life of the state store.</param>
    public static Inbox New(InboxReaders readers, string life) =>
        new(new InboxHeader(Guid.NewGuid().ToString("N"), 0, 0, 0) { Readers = readers, Life = life }, [], InboxMarks.None);

    public InboxHeader Header { get; private set; }

    public InboxReaders Readers
    {
        get => Header.Readers;
        set => Header = Header with { Readers = value };
    }

    public string Epoch => Header.Epoch;
    public IReadOnlyList<InboxReference> Tail => _tail;
    public IReadOnlyDictionary<string, long> HeldSeqs => _held;
    public InboxMarks Marks =>
        new(_held, [.. _recalled.OrderBy(copy => copy.Value).Select(copy => new RecalledCopy(copy.Value, copy.Key.ConversationId, copy.Key.Seq))]);

    /// <summary>Last position given; 0 for an empty inbox.</summary>
    public long Head => PositionAt(_tail.Count - 1);

    /// <summary>First position that is kept.</summary>
    public long First => (Header.FirstSegment * SegmentSize) + 1;

    /// <summary>Last seq that stands here or need not (void, before the join).</summary>
    public long Held(string conversationId, long joinSeq) => Math.Max(_held.GetValueOrDefault(conversationId), joinSeq - 1);

    public bool IsRecalled(string conversationId, long seq) => _recalled.ContainsKey((conversationId, seq));

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
    public long Append(MessageReference reference)
    {
        var held = Held(reference.ConversationId, reference.JoinSeq);
        if (reference.Seq <= held)
            return PositionOf(reference);
        if (reference.Seq > held + 1)
            throw new InvalidOperationException($"{reference.ConversationId} {reference.Seq} follows {held}: fill the gap first");
        Pass(reference.ConversationId, reference.Seq);
        if (reference.IsVoid)
            return 0;
        _tail.Add(new InboxReference(reference.ConversationId, reference.Seq, reference.IsOwn, reference.Recalls ?? 0, reference.Copy));
        Remember(_tail[^1], Head);
        return Head;
    }

    /// <summary>Appends a reference from the entity store: what lies between it and what is held needs no position.</summary>
    public void AppendAfterGap(MessageReference reference)
    {
        Pass(reference.ConversationId, reference.Seq - 1);
        Append(reference);
    }

    /// <summary>Everything of this conversation up to this seq either stands here or will never need a position.</summary>
    public void Pass(string conversationId, long seq) => _held[conversationId] = Math.Max(seq, _held.GetValueOrDefault(conversationId));

    /// <summary>Takes full segments out of the tail. Only of what is saved: another writer that seals the same gets the same.</summary>
    public IReadOnlyList<SealedSegment> Seal()
    {
        var full = _tail.Count / SegmentSize;
        var segments = Enumerable.Range(0, full)
            .Select(i => new SealedSegment(Header.TailSegment + i, _tail.GetRange(i * SegmentSize, SegmentSize))).ToList();
        _tail.RemoveRange(0, full * SegmentSize);
        Header = Header with { TailSegment = Header.TailSegment + full };
        return segments;
    }

    /// <summary>Leaves at most <paramref name="capacity"/> sealed entries in the state store.</summary>
    /// <returns>Indices of the segments that go to overflow.</returns>
    public IReadOnlyList<long> Overflow(long capacity)
    {
        var keepFrom = Math.Clamp(SegmentAfter(Sealed - capacity), Header.FirstStored, Header.TailSegment);
        var moved = Range(Header.FirstStored, keepFrom);
        Header = Header with { FirstStored = keepFrom };
        return moved;
    }

    /// <summary>Drops the oldest segments beyond this many sealed entries, whoever has seen them.</summary>
    /// <returns>Indices of the segments to delete.</returns>
    public IReadOnlyList<long> Shorten(long maxEntries) => DropBefore(SegmentAfter(Sealed - maxEntries));

    /// <summary>Drops sealed segments that lie before this position and that are not among the newest <paramref name="kept"/> entries.</summary>
    /// <returns>Indices of the segments to delete.</returns>
    public IReadOnlyList<long> Trim(long upTo, long kept) => DropBefore(TrimmedFrom(upTo, kept));

    /// <summary>How many segments <see cref="Trim"/> would drop.</summary>
    public long Trimmable(long upTo, long kept) => Math.Clamp(TrimmedFrom(upTo, kept), Header.FirstSegment, Header.TailSegment) - Header.FirstSegment;

    /// <summary>Index of the segment that holds a position.</summary>
    public static long SegmentOf(long position) => (position - 1) / SegmentSize;

    private List<long> DropBefore(long segment)
    {
        var keepFrom = Math.Clamp(segment, Header.FirstSegment, Header.TailSegment);
        var dropped = Range(Header.FirstSegment, keepFrom);
        Header = Header with { FirstSegment = keepFrom, FirstStored = Math.Max(Header.FirstStored, keepFrom) };
        if (dropped.Count > 0)
            ForgetRecalled(First);
        return dropped;
    }

    private long TrimmedFrom(long upTo, long kept) => Math.Max(0, Math.Min(upTo, Head - kept)) / SegmentSize;

    private long Sealed => Header.TailSegment * SegmentSize;

    private long PositionAt(int index) => Sealed + index + 1;

    private long PositionOf(MessageReference reference)
    {
        // Searched from the end: it is asked for what was appended a moment ago and is repeated.
        var index = _tail.FindLastIndex(entry => entry.Seq == reference.Seq && entry.ConversationId == reference.ConversationId);
        return index < 0 ? 0 : PositionAt(index);
    }

    private void Remember(InboxReference entry, long position)
    {
        Pass(entry.ConversationId, entry.Seq);
        if (entry.Recalls == 0)
            return;
        _recalled[(entry.ConversationId, entry.Recalls)] = position;
        if (_recalled.Count > MaxRecalled)
            _recalled.Remove(_recalled.MinBy(copy => copy.Value).Key);
    }

    private void ForgetRecalled(long first)
    {
        foreach (var copy in _recalled.Where(copy => copy.Value < first).Select(copy => copy.Key).ToList())
            _recalled.Remove(copy);
    }

    // The first segment that begins after this many entries.
    private static long SegmentAfter(long entries) => entries <= 0 ? 0 : (entries + SegmentSize - 1) / SegmentSize;

    private static List<long> Range(long from, long to) => [.. Enumerable.Range(0, (int)(to - from)).Select(i => from + i)];
}
