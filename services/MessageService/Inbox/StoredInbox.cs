using Dapr.Client;
using ImDapr.MessageService.Entities;
using ImDapr.MessageService.Telemetry;
using ImDapr.ServiceDefaults.Observability;

namespace ImDapr.MessageService.Inbox;

/// <summary>
/// One user's inbox as this actor or this instance remembers it. Memory never runs ahead of the store: what could not be saved is forgotten and
/// read again, and so is what somebody else has changed meanwhile.
/// </summary>
/// <param name="told">The last position of an epoch that all devices have acknowledged and that everybody was told of: what may go.</param>
public sealed partial class StoredInbox(
    string userId, InboxStore store, StateLife life, IMessageStore messages, Func<string, CancellationToken, Task<long>> told, InboxOptions options, ILogger<StoredInbox> logger) : IBatchedKey
{
    // Whoever appends drops what is acknowledged with every segment that it seals. So a user's actor, whose write would make the next append fail,
    // has to only for who gets nothing any more.
    private const int TrimmedAtOnce = 3;

    // Two actors of a user take turns at worst; whoever loses this often is not up against another actor.
    private const int MaxTries = 10;

    // A page that was read is acknowledged next. Sealed segments never change.
    private const int RecentSegments = 4;
    private readonly Queue<(string Epoch, long Index, IReadOnlyList<InboxReference> Entries)> _recent = [];
    private Inbox? _inbox;

    public async ValueTask<Inbox> GetAsync(CancellationToken cancellationToken)
    {
        for (var tries = 0; _inbox is null && tries < MaxTries; tries++)
            _inbox = await TryLoadAsync(cancellationToken);
        return _inbox ?? throw LostTooOften();
    }

    public void Forget() => _inbox = null;

    /// <summary>What is remembered of another life of the state store is worth nothing.</summary>
    /// <returns>Whether it was forgotten.</returns>
    public bool ForgetUnlessOf(string life)
    {
        if (_inbox is null || _inbox.Header.Life == life)
            return false;
        Forget();
        return true;
    }

    /// <summary>Who is told when it grows, as it was last known; null when nothing is. May be asked by anybody.</summary>
    public InboxReaders? Readers => _inbox?.Readers;

    public string Key => store.Key;

    /// <summary>Whether a change can be saved without reading before.</summary>
    public bool IsRemembered => _inbox is not null && store.IsKnown;

    /// <summary>Reads what others have written since.</summary>
    public async Task RefreshAsync(CancellationToken cancellationToken)
    {
        if (_inbox is not null && await store.ReadAgainAsync(cancellationToken) is (true, var tail))
            await TakeAsync(tail, cancellationToken);
        await GetAsync(cancellationToken);
    }

    /// <summary>The inbox, so that <see cref="IsRemembered"/>.</summary>
    public async ValueTask<Inbox> KnownAsync(CancellationToken cancellationToken)
    {
        var inbox = await GetAsync(cancellationToken);
        if (IsRemembered)
            return inbox;
        // One that was begun just now has no ETag that is known.
        await RefreshAsync(cancellationToken);
        return await GetAsync(cancellationToken);
    }

    public async Task<bool> AdoptAsync(string tail, string etag, CancellationToken cancellationToken)
    {
        if (store.Adopt(tail, etag) && _inbox is not null)
            return false;
        var wasRemembered = _inbox is not null;
        await TakeAsync(tail, cancellationToken);
        return wasRemembered;
    }

    // First forgotten: its ETag is known by now. Were the rest not read, what is remembered would be saved over what others have written.
    private async Task TakeAsync(string? tail, CancellationToken cancellationToken)
    {
        Forget();
        if (tail is not null)
            _inbox = await WholeAsync(await store.LoadAsync(tail, cancellationToken), cancellationToken);
    }

    /// <summary>Only when <see cref="IsRemembered"/>.</summary>
    public StateTransactionRequest Save() => store.Save(InboxText.WriteTail(_inbox!));

    /// <summary>The transaction took place: this is what is stored now.</summary>
    public void Saved(StateTransactionRequest saved) => store.Saved(saved.Value!);

    /// <summary>Seals what is full, if anything is: after <see cref="Saved"/>, and before the next change.</summary>
    public async Task TidyAsync(CancellationToken cancellationToken)
    {
        if (_inbox is { } inbox && !await TidyAsync(inbox, cancellationToken))
            Forget();
    }

    /// <summary>Changes the inbox and saves it.</summary>
    /// <param name="change">Whether there is anything to save. May be asked several times, each time with what is stored by then.</param>
    public async Task<Inbox> ChangeAsync(Func<Inbox, CancellationToken, Task<bool>> change, CancellationToken cancellationToken)
    {
        for (var tries = 0; tries < MaxTries; tries++)
        {
            if (await TryChangeAsync(change, cancellationToken) is { } changed)
                return changed;
            LogLost(userId);
            ServiceMetrics.CountConflict("inbox");
        }
        throw LostTooOften();
    }

    /// <summary>Drops what lies before this position and is not among the newest, if it is much.</summary>
    public async Task TrimAsync(long upTo, CancellationToken cancellationToken)
    {
        if ((await GetAsync(cancellationToken)).Trimmable(upTo, options.Kept) < TrimmedAtOnce)
            return;
        IReadOnlyList<long> dropped = [];
        var before = 0L;
        var inbox = await ChangeAsync(
            (inbox, _) =>
            {
                before = inbox.Header.FirstStored;
                dropped = inbox.Trim(upTo, options.Kept);
                return Task.FromResult(dropped.Count > 0);
            },
            cancellationToken);
        await DeleteAsync(inbox.Header, dropped, before, cancellationToken);
    }

    private async Task DeleteAsync(InboxHeader header, IReadOnlyList<long> dropped, long firstStored, CancellationToken cancellationToken)
    {
        await store.DeleteStoredAsync(header.Epoch, dropped.Where(index => index >= firstStored), cancellationToken);
        if (dropped.Any(index => index < firstStored))
            await store.DeleteOverflowBeforeAsync(header, cancellationToken);
    }

    /// <summary>The entries after a position, at most so many; null when a segment is lost.</summary>
    public async Task<List<InboxReference>?> ReadAsync(Inbox inbox, long after, long limit, CancellationToken cancellationToken)
    {
        var references = new List<InboxReference>();
        for (var position = after + 1; position <= inbox.Head && references.Count < limit;)
        {
            var segment = Math.Min(Inbox.SegmentOf(position), inbox.Header.TailSegment);
            var entries = segment == inbox.Header.TailSegment ? inbox.Tail : await SegmentAsync(inbox.Header, segment, cancellationToken);
            if (entries is null)
                return null;
            var rest = entries.Skip((int)(position - 1 - (segment * Inbox.SegmentSize))).Take((int)(limit - references.Count)).ToList();
            references.AddRange(rest);
            position += rest.Count;
        }
        return references;
    }

    /// <summary>
    /// A segment was not found: somebody else may have dropped it. If the store still speaks of it, it is lost, and an empty inbox of a new epoch
    /// takes the place of this one (I6).
    /// </summary>
    public async Task RecoverAsync(Inbox before, CancellationToken cancellationToken)
    {
        Forget();
        if ((await GetAsync(cancellationToken)).Header == before.Header)
            _inbox = await TryReplaceAsync(before.Header, cancellationToken);
    }

    private async Task<Inbox?> TryChangeAsync(Func<Inbox, CancellationToken, Task<bool>> change, CancellationToken cancellationToken)
    {
        var (inbox, isDone) = (await GetAsync(cancellationToken), false);
        try
        {
            isDone = !await change(inbox, cancellationToken)
                || (await store.TrySaveAsync(inbox, cancellationToken) && await TidyAsync(inbox, cancellationToken));
            return isDone ? inbox : null;
        }
        finally
        {
            if (!isDone)
                Forget();
        }
    }

    /// <summary>
    /// Seals what is full, drops what everybody has, moves what exceeds the capacity, drops what exceeds everything: one more swap for a hundred entries.
    /// </summary>
    private async Task<bool> TidyAsync(Inbox inbox, CancellationToken cancellationToken)
    {
        var before = inbox.Header;
        var full = inbox.Seal();
        if (full.Count == 0)
            return true;
        var trimmed = inbox.Trim(await told(inbox.Epoch, cancellationToken), options.Kept);
        var moved = inbox.Overflow(options.Capacity);
        var dropped = inbox.Shorten(options.MaxEntries);
        var segments = full.ToDictionary(segment => segment.Index);
        await ReleaseAsync(before, dropped, segments, cancellationToken);
        await OverflowAsync(before, moved.Except(dropped), segments, cancellationToken);
        await store.SealAsync(inbox, full.Where(segment => segment.Index >= inbox.Header.FirstStored), cancellationToken);
        if (!await store.TrySaveAsync(inbox, cancellationToken))
            return false;
        await store.DeleteMarksAsync(before.Epoch, before.TailSegment, cancellationToken);
        await store.DeleteStoredAsync(before.Epoch, moved, cancellationToken);
        await DeleteAsync(inbox.Header, [.. trimmed.Concat(dropped).Where(index => !segments.ContainsKey(index))], before.FirstStored, cancellationToken);
        return true;
    }

    private async Task OverflowAsync(
        InboxHeader header, IEnumerable<long> indices, Dictionary<long, SealedSegment> full, CancellationToken cancellationToken)
    {
        var segments = new List<SealedSegment>();
        foreach (var index in indices)
        {
            // A lost one is noticed by whoever reads it.
            if (full.GetValueOrDefault(index)?.Entries is { } sealedNow)
                segments.Add(new SealedSegment(index, sealedNow));
            else if (await store.SegmentAsync(header, index, cancellationToken) is { } stored)
                segments.Add(new SealedSegment(index, stored));
        }
        await store.OverflowAsync(header.Epoch, segments, cancellationToken);
    }

    /// <summary>Whoever has not acknowledged these never will: the entities need not wait for this user.</summary>
    private async Task ReleaseAsync(
        InboxHeader header, IEnumerable<long> indices, Dictionary<long, SealedSegment> full, CancellationToken cancellationToken)
    {
        foreach (var index in indices)
        {
            var entries = full.GetValueOrDefault(index)?.Entries ?? await store.SegmentAsync(header, index, cancellationToken) ?? [];
            await messages.ReleaseAsync(userId, [.. entries.Select(entry => (entry.ConversationId, entry.Seq))], cancellationToken);
        }
    }

    private async Task<IReadOnlyList<InboxReference>?> SegmentAsync(InboxHeader header, long index, CancellationToken cancellationToken)
    {
        foreach (var recent in _recent)
        {
            if (recent.Epoch == header.Epoch && recent.Index == index)
                return recent.Entries;
        }
        var entries = await store.SegmentAsync(header, index, cancellationToken);
        if (entries is null)
            return null;
        if (_recent.Count == RecentSegments)
            _recent.Dequeue();
        _recent.Enqueue((header.Epoch, index, entries));
        return entries;
    }

    private async Task<Inbox?> TryLoadAsync(CancellationToken cancellationToken)
    {
        var loaded = await store.LoadAsync(cancellationToken);
        return await WholeAsync(loaded, cancellationToken) ?? await TryReplaceAsync(loaded?.Inbox.Header, cancellationToken);
    }

    // What was written from memory into a store that had lost everything cannot be continued: others may have known of more.
    private async ValueTask<Inbox?> WholeAsync(LoadedInbox? loaded, CancellationToken cancellationToken) =>
        loaded is { IsWhole: true } && await life.IsNowAsync(loaded.Inbox.Header.Life, cancellationToken) ? loaded.Inbox : null;

    // Saved at once: an epoch that a device was told must not change because the actor was moved.
    private async Task<Inbox?> TryReplaceAsync(InboxHeader? lost, CancellationToken cancellationToken)
    {
        var inbox = Inbox.New(lost?.Readers ?? InboxReaders.None, await life.ReadAsync(cancellationToken));
        if (!await store.TrySaveAsync(inbox, cancellationToken))
            return null;
        if (lost is not null)
        {
            LogReplaced(userId);
            MessageMetrics.InboxRebuilds.Add(1);
            var stored = Enumerable.Range(0, (int)(lost.TailSegment - lost.FirstStored) + 1).Select(i => lost.FirstStored + i);
            await store.DeleteStoredAsync(lost.Epoch, stored, cancellationToken);
        }
        await store.DeleteOtherOverflowAsync(inbox.Epoch, cancellationToken);
        return inbox;
    }

    private TimeoutException LostTooOften() => new($"The inbox of {userId} was changed {MaxTries} times by others meanwhile");

    [LoggerMessage(3003, LogLevel.Warning, "Inbox of {UserId} has lost a part: it is built anew from the entities")]
    private partial void LogReplaced(string userId);

    [LoggerMessage(3004, LogLevel.Information, "Inbox of {UserId} was written by somebody else: it is read again")]
    private partial void LogLost(string userId);
}
