using ImDapr.Contracts;

namespace ImDapr.Chat.Syncing;

/// <summary>
/// Decides what a device shows: every message once, each conversation in the order of its seqs, whatever pushes do.
/// Without I/O and not thread-safe: its owner makes the calls it asks for, one after the other.
/// </summary>
/// <remarks>
/// A push is a hint. It is believed only when it fits exactly (next position, next seq of its conversation); everything else is
/// answered by Sync, which carries the epoch and so notices that the inbox was rebuilt. What was shown is remembered by conversation
/// and seq, because positions die with their epoch and seqs do not.
/// </remarks>
public sealed class SyncEngine(SyncState state)
{
    private readonly Dictionary<string, long> _shown = new(state.Shown);
    private long _position = state.Position;
    private string? _epoch = state.Epoch;
    private bool _syncing = true;
    private bool _missedPush;
    private SyncPage? _resetPage;

    public SyncState State => new(_position, _epoch, new Dictionary<string, long>(_shown));

    /// <summary>The next Sync to send.</summary>
    public SyncRequest Request => new(_position, Limits.PageSize, _epoch);

    /// <summary>A connection stands, or somebody says that something may be missing: pushes count again when the sync has ended.</summary>
    public SyncStep Begin()
    {
        _syncing = true;
        _missedPush = false;
        _resetPage = null;
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

    /// <summary>The answer to <see cref="Request"/>.</summary>
    public SyncStep Synced(SyncPage page)
    {
        if (page.Reset && _resetPage is null)
        {
            // History first: the entries of this page may begin behind messages that were never shown.
            _resetPage = page;
            return new([], NextCall.Reload);
        }

        // A page that brings nothing and claims more would be asked for ever; the next push or periodic sync asks again.
        var moved = page.Reset || page.Next > _position;
        var show = new List<Message>();
        foreach (var entry in page.Entries)
            Apply(entry, show);

        (_position, _epoch, _resetPage) = (page.Next, page.Epoch, null);
        return page.Next < page.Head && moved ? new(show, NextCall.Sync) : new(show, EndSync());
    }

    /// <summary>
    /// Where to read a conversation's History from during a reload; null when nothing of it is missing.
    /// A device that has never synced begins with the newest page instead of years of history.
    /// </summary>
    public HistoryRequest? MissingOf(ConversationSummary conversation)
    {
        var known = LastShown(conversation.ConversationId);
        if (conversation.LastSeq <= known)
            return null;

        var isNewDevice = _epoch is null && known == 0;
        var after = isNewDevice ? Math.Max(0, conversation.LastSeq - Limits.PageSize) : known;
        return new(conversation.ConversationId, Before: null, after, Limits.PageSize);
    }

    /// <summary>Messages of one conversation in ascending seq, from History.</summary>
    public IReadOnlyList<Message> Loaded(IReadOnlyList<Message> messages) => [.. messages.Where(MarkShown)];

    /// <summary>All conversations were loaded: the inbox goes on from its new beginning.</summary>
    public SyncStep Reloaded() =>
        _resetPage is { } page ? Synced(page) : throw new InvalidOperationException("no reload was asked for");

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
