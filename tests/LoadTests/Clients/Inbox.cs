using ImDapr.LoadTests.Measuring;

namespace ImDapr.LoadTests.Clients;

/// <summary>The next call that the rules for clients ask for.</summary>
internal enum NextCall
{
    None,
    Sync,
    History,
}

/// <summary>
/// What one device has shown, by the rules of docs/protocol.md (tools/Chat/Syncing/SyncEngine.cs is their reference): pushes are hints, a hole is
/// answered by Sync, timelines are read before the entries of the same page. Every message is counted on its way.
/// </summary>
internal sealed class Inbox(Action<Entry> show, Tally tally)
{
    private const int PageSize = 200;

    // As in tools/Chat: more pushes than these are not kept while a sync runs, and another sync follows.
    private const int WaitingPushes = 256;
    private readonly Queue<(Entry[] Entries, bool IsTimeline)> _waiting = new();
    private readonly Dictionary<Conversation, Shown> _shown = [];
    private readonly Queue<TimelineHead> _toRead = new();
    private Page? _held;
    private bool _isSyncing = true;
    private bool _droppedPush;

    /// <summary>Of the last entry shown.</summary>
    public long Position { get; private set; }

    /// <summary>The life of the inbox; null before the first sync.</summary>
    public string? Epoch { get; private set; }

    public bool IsSyncing => _isSyncing;

    /// <summary>The timeline to read next, and after which seq.</summary>
    public (Conversation Conversation, long After) History => (_toRead.Peek().Conversation, Of(_toRead.Peek().Conversation).Last);

    public Shown Of(Conversation conversation)
    {
        if (!_shown.TryGetValue(conversation, out var shown))
            _shown.Add(conversation, shown = new Shown());
        return shown;
    }

    /// <summary>A connection stands; pushes of an older one are forgotten.</summary>
    public NextCall Connected()
    {
        _waiting.Clear();
        return Begin();
    }

    /// <summary>Something may be missing. Pushes wait until it is there.</summary>
    public NextCall Begin()
    {
        (_isSyncing, _droppedPush, _held) = (true, false, null);
        _toRead.Clear();
        return NextCall.Sync;
    }

    /// <param name="entries">Read now or copied.</param>
    /// <param name="isTimeline">Messages that stand in no inbox.</param>
    public NextCall Pushed(IReadOnlyList<Entry> entries, bool isTimeline)
    {
        if (!_isSyncing)
            return isTimeline ? TakeTimeline(entries) : TakeEntries(entries);
        if (_waiting.Count < WaitingPushes)
            _waiting.Enqueue(([.. entries], isTimeline));
        else
            _droppedPush = true;
        return NextCall.None;
    }

    private NextCall TakeEntries(IReadOnlyList<Entry> entries)
    {
        foreach (var entry in entries)
        {
            if (entry.Position <= Position && IsShown(entry))
            {
                tally.Repeats++;
                continue;
            }
            if (entry.Position != Position + 1 || LeavesOut(entry))
                return WantSync();
            Apply(entry);
        }
        return NextCall.None;
    }

    private NextCall TakeTimeline(IReadOnlyList<Entry> messages)
    {
        foreach (var message in messages)
        {
            if (message.Conversation is null)
                continue;
            if (IsShown(message))
            {
                tally.Repeats++;
                continue;
            }
            if (message.Seq != Of(message.Conversation).Last + 1)
                return WantSync();
            Show(message);
        }
        return NextCall.None;
    }

    public NextCall Synced(Page page)
    {
        if (page.IsReset)
            tally.Resets++;
        foreach (var timeline in page.Timelines.Where(timeline => timeline.LastSeq > Of(timeline.Conversation).Last))
        {
            // A device that has never synced begins with the newest page.
            if (Epoch is null && Of(timeline.Conversation).Last == 0 && timeline.LastSeq > PageSize)
                Of(timeline.Conversation).StartAfter(timeline.LastSeq - PageSize);
            _toRead.Enqueue(timeline);
        }
        _held = page;
        return _toRead.Count > 0 ? NextCall.History : Take(page);
    }

    /// <summary>The answer for <see cref="History"/>.</summary>
    public NextCall Loaded(Page page)
    {
        foreach (var message in page.Entries.Where(message => !IsShown(message)))
            Show(message);
        if (page.HasMore && page.Entries.Count > 0)
            return NextCall.History;
        var (conversation, last) = _toRead.Dequeue();
        // The last seqs may belong to what this user does not see: they are not asked for again.
        if (Of(conversation).Last < last)
            Of(conversation).StartAfter(last);
        return _toRead.Count > 0 ? NextCall.History : Take(_held!);
    }

    private NextCall Take(Page page)
    {
        var moved = page.IsReset || page.Next > Position;
        if (page.IsReset)
            Position = page.Entries.Count > 0 ? page.Entries[0].Position - 1 : page.Next;
        foreach (var entry in page.Entries)
        {
            if (entry.Position != Position + 1)
                tally.Gaps++;
            Apply(entry);
        }
        (Position, Epoch, _held) = (page.Next, page.Epoch, null);
        return page.Next < page.Head && moved ? NextCall.Sync : EndSync();
    }

    private NextCall EndSync()
    {
        _isSyncing = false;
        if (_droppedPush)
            return Begin();
        while (!_isSyncing && _waiting.TryDequeue(out var push))
            Pushed(push.Entries, push.IsTimeline);
        return _isSyncing ? NextCall.Sync : NextCall.None;
    }

    private NextCall WantSync()
    {
        tally.Synced++;
        return Begin();
    }

    private bool IsShown(Entry entry) => entry.Conversation is null || entry.Seq <= Of(entry.Conversation).Last;

    private bool LeavesOut(Entry entry) => entry.Conversation is { } conversation && Of(conversation).Last is > 0 and var last && entry.Seq > last + 1;

    private void Apply(Entry entry)
    {
        Position = entry.Position;
        if (entry.Conversation is not null)
            Show(entry);
    }

    private void Show(Entry message)
    {
        switch (Of(message.Conversation!).Add(message.Seq))
        {
            case Arrival.Again:
                tally.Duplicates++;
                return;
            case Arrival.Late:
                tally.OutOfOrder++;
                break;
        }
        show(message);
    }
}
