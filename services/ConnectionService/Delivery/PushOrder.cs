using ImDapr.Contracts;

namespace ImDapr.ConnectionService.Delivery;

/// <summary>
/// Puts pushes in the order of their positions, those to one connection or, with the seq as the position, those of one timeline: a broker's workers let
/// events overtake each other, and each hole that a device sees costs a sync. Only a hint gets better by it: what does not come in time leaves a hole, and the device syncs.
/// </summary>
/// <remarks>Not thread-safe: its owner locks it, and writes what it gives before it unlocks it.</remarks>
public sealed class PushOrder
{
    // Some 100 KiB at most, and more than one event brings.
    private const int MostHeld = 500;

    // Made when something has to wait: most connections never need it.
    private SortedDictionary<long, InboxEntry>? _held;
    private string? _epoch;
    private long _next;

    /// <summary>Since when something waits, Unix milliseconds; 0 when nothing does.</summary>
    public long HeldSince { get; private set; }

    /// <summary>The device has everything up to here, from a sync. What was pushed while the sync was answered may be beyond it.</summary>
    /// <param name="epoch">The inbox that the position is of.</param>
    public void Synced(long position, string epoch)
    {
        _next = epoch == _epoch ? Math.Max(_next, position + 1) : position + 1;
        _epoch = epoch;
    }

    /// <summary>What may be written now: everything up to the first hole. What lies before the expected position is a repeat or late, and may as well.</summary>
    /// <param name="entries">By ascending position.</param>
    /// <param name="now">Unix milliseconds.</param>
    public IReadOnlyList<InboxEntry> Take(IReadOnlyList<InboxEntry> entries, long now)
    {
        // Mostly nothing waits and nothing is missing.
        if (_held is not { Count: > 0 } && IsNext(entries))
        {
            _next = Math.Max(_next, entries[^1].Position + 1);
            return entries;
        }
        var held = _held ??= [];
        foreach (var entry in entries)
            held[entry.Position] = entry;
        var taken = new List<InboxEntry>();
        while (held.Count > 0 && (FirstOf(held).Position <= _next || _next == 0 || held.Count > MostHeld))
            taken.Add(TakeFirst(held));
        HeldSince = held.Count == 0 ? 0 : HeldSince == 0 || taken.Count > 0 ? now : HeldSince;
        return taken;
    }

    /// <summary>Everything that waits, with its holes.</summary>
    public IReadOnlyList<InboxEntry> TakeAll()
    {
        var taken = new List<InboxEntry>();
        while (_held is { Count: > 0 } held)
            taken.Add(TakeFirst(held));
        HeldSince = 0;
        return taken;
    }

    private static InboxEntry FirstOf(SortedDictionary<long, InboxEntry> held)
    {
        using var entries = held.Values.GetEnumerator();
        entries.MoveNext();
        return entries.Current;
    }

    private InboxEntry TakeFirst(SortedDictionary<long, InboxEntry> held)
    {
        var first = FirstOf(held);
        held.Remove(first.Position);
        _next = Math.Max(_next, first.Position + 1);
        return first;
    }

    private bool IsNext(IReadOnlyList<InboxEntry> entries)
    {
        if (_next != 0 && entries[0].Position > _next)
            return false;
        for (var i = 1; i < entries.Count; i++)
        {
            if (entries[i].Position != entries[i - 1].Position + 1)
                return false;
        }
        return true;
    }
}
