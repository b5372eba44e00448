using ImDapr.Contracts;

namespace ImDapr.Chat.Syncing;

/// <summary>
/// Decides what a device shows: every message once, each conversation in the order of its seqs, whatever pushes do.
/// Without I/O and not thread-safe: its owner makes the calls it asks for, one after the other.
/// </summary>
/// <remarks>
/// A push is a hint. It is believed only when it fits exactly (next position, next seq of its conversation); everything else is
/// answered by Sync, which carries the epoch and so notices that the inbox was rebuilt. What was shown is remembered by conversation
/// and seq, because positions die with their epoch and seqs do not. Some messages stand in no inbox: their conversations are named by Sync and
/// read by History before the entries of the same page are applied, because an entry may follow them in its conversation.
/// </remarks>
public sealed class SyncEngine(SyncState state)
{
    private readonly Dictionary<string, long> _shown = new(state.Shown);
    private long _position = state.Position;
    private string? _epoch = state.Epoch;
    private bool _syncing = true;
    private bool _missedPush;
    private SyncPage? _held;

    public SyncState State => new(_position, _epoch, new Dictionary<string, long>(_shown));

    /// <summary>The next Sync to send.</summary>
    public SyncRequest Request => new(_position, Limits.PageSize, _epoch);

    /// <summary>A connection stands, or somebody says that something may be missing: pushes count again when the sync has ended.</summary>
    public SyncStep Begin()
    {
        _syncing = true;
        _missedPush = false;
        _held = null;
        return new([], NextCall.Sync);
    }

    /// <summary>Entries that the server pushed.</summary>
    public SyncStep Pushed(IReadOnlyList<InboxEntry> entries)
    {
        var show = new List<Message>();
        foreach (var entry in entries)
        {
            if (IsOld(entry))
                continue;

            if (_syncing || !IsNext(entry))
                return new(show, WantSync());

            Apply(entry, show);
        }
        return new(show, NextCall.None);
    }

    /// <summary>Messages of a timeline that the server pushed, by ascending seq.</summary>
    public SyncStep PushedTimeline(IReadOnlyList<Message> messages)
    {
        var show = new List<Message>();
        foreach (var message in messages.Where(message => message.Seq > LastShown(message.ConversationId)))
        {
            if (_syncing || message.Seq != LastShown(message.ConversationId) + 1)
                return new(show, WantSync());
            MarkShown(message);
            show.Add(message);
        }
        return new(show, NextCall.None);
    }

    /// <summary>The answer to <see cref="Request"/>. After a reset History comes first: its entries may begin behind messages that were never shown.</summary>
    public SyncStep Synced(SyncPage page) => page.Reset ? Hold(page, NextCall.Reload) : ReadTimelines(page);

    /// <summary>Where to read the timelines from that have something new.</summary>
    public IReadOnlyList<HistoryRequest> TimelineRequests => [.. NewTimelines(Held).Select(timeline => HistoryAfter(timeline.ConversationId, timeline.LastSeq))];

    /// <summary>The timelines were read to their ends.</summary>
    public SyncStep TimelinesRead()
    {
        // The last seqs may belong to what is not shown to this user: they are not asked for again.
        foreach (var timeline in NewTimelines(Held))
            _shown[timeline.ConversationId] = timeline.LastSeq;
        return Take(Held);
    }

    private SyncPage Held => _held ?? throw new InvalidOperationException("no page waits for anything");

    private SyncStep Hold(SyncPage page, NextCall next)
    {
        _held = page;
        return new([], next);
    }

    private SyncStep ReadTimelines(SyncPage page) => NewTimelines(page).Count > 0 ? Hold(page, NextCall.Timelines) : Take(page);

    private List<TimelineHead> NewTimelines(SyncPage page) => [.. page.Timelines.Where(timeline => timeline.LastSeq > LastShown(timeline.ConversationId))];

    private SyncStep Take(SyncPage page)
    {
        // A page that brings nothing and claims more would be asked for ever; the next push or periodic sync asks again.
        var moved = page.Reset || page.Next > _position;
        var show = new List<Message>();
        foreach (var entry in page.Entries)
            Apply(entry, show);

        (_position, _epoch, _held) = (page.Next, page.Epoch, null);
        return page.Next < page.Head && moved ? new(show, NextCall.Sync) : new(show, EndSync());
    }

    /// <summary>
    /// Where to read a conversation's History from during a reload; null when nothing of it is missing.
    /// A device that has never synced begins with the newest page instead of years of history.
    /// </summary>
    public HistoryRequest? MissingOf(ConversationSummary conversation) =>
        conversation.LastSeq <= LastShown(conversation.ConversationId) ? null : HistoryAfter(conversation.ConversationId, conversation.LastSeq);

    private HistoryRequest HistoryAfter(string conversationId, long lastSeq)
    {
        var known = LastShown(conversationId);
        var isNewDevice = _epoch is null && known == 0;
        var after = isNewDevice ? Math.Max(0, lastSeq - Limits.PageSize) : known;
        return new(conversationId, Before: null, after, Limits.PageSize);
    }

    /// <summary>Messages of one conversation in ascending seq, from History.</summary>
    public IReadOnlyList<Message> Loaded(IReadOnlyList<Message> messages) => [.. messages.Where(MarkShown)];

    /// <summary>All conversations were loaded: the inbox goes on from its new beginning.</summary>
    public SyncStep Reloaded() => ReadTimelines(Held);

    public long LastShown(string conversationId) => _shown.GetValueOrDefault(conversationId);

    private NextCall WantSync()
    {
        if (!_syncing)
            return Begin().Next;

        _missedPush = true; // the running sync may have read the inbox before this entry
        return NextCall.None;
    }

    private NextCall EndSync()
    {
        _syncing = false;
        return _missedPush ? Begin().Next : NextCall.None;
    }

    // A small position with a new message is no repeat but another epoch: let Sync find out.
    private bool IsOld(InboxEntry entry) => entry.Position <= _position && entry.Message.Seq <= LastShown(entry.Message.ConversationId);

    // A seq that leaves some out is rare (a void, a later join) or the sign of another epoch: let Sync find out.
    private bool IsNext(InboxEntry entry) =>
        entry.Position == _position + 1 && entry.Message.Seq <= LastShown(entry.Message.ConversationId) + 1;

    private void Apply(InboxEntry entry, List<Message> show)
    {
        _position = entry.Position;
        if (MarkShown(entry.Message))
            show.Add(entry.Message);
    }

    private bool MarkShown(Message message)
    {
        if (message.Seq <= LastShown(message.ConversationId))
            return false;

        _shown[message.ConversationId] = message.Seq;
        return true;
    }
}
