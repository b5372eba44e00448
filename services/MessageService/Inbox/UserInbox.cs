using ImDapr.Contracts;
using ImDapr.MessageService.Conversations;
using ImDapr.MessageService.Entities;
using ImDapr.MessageService.Receipts;
using ImDapr.MessageService.Telemetry;

namespace ImDapr.MessageService.Inbox;

/// <summary>
/// What a user's devices and the fan-out do to one user's inbox. One call at a time: the actor sees to that. If another actor of the same user lives,
/// as it may during a partition, both go on and neither loses or doubles an entry: every write is compared and swapped.
/// </summary>
public sealed partial class UserInbox(
    string userId, StoredInbox inbox, StoredDevices devices, InboxFiller filler, InboxPages pages, IMessageStore messages, DeliveredMarks marks,
    InboxOptions options, SessionsOptions policy, TimeProvider time, ILogger<UserInbox> logger)
{
    // Each time somebody else has changed what this one read.
    private const int MaxReads = 5;
    private long _polledUntil;

    public async Task<SessionOpened> OpenAsync(DeviceSession session, CancellationToken cancellationToken)
    {
        SessionOpened? opened = null;
        await ChangeDevicesAsync(all => opened = all.Open(session, policy, Now), cancellationToken);
        return opened!;
    }

    public Task CloseAsync(DeviceSession session, CancellationToken cancellationToken) =>
        devices.ChangeAsync(all => all.Close(session), cancellationToken);

    /// <summary>The device is signed out: what only it still lacked need not be kept.</summary>
    public async Task DropDeviceAsync(string deviceId, CancellationToken cancellationToken) =>
        await SettleAsync(await ChangeDevicesAsync(all => all.Drop(deviceId), cancellationToken), cancellationToken);

    public async Task<AppendAnswer> AppendAsync(IReadOnlyList<MessageReference> references, CancellationToken cancellationToken)
    {
        var positions = new long[references.Count];
        await inbox.ChangeAsync(
            async (current, token) =>
            {
                var before = current.Head;
                for (var i = 0; i < positions.Length; i++)
                {
                    await FillBeforeAsync(current, references[i], token);
                    positions[i] = current.Append(references[i]);
                }
                // That a void needs no position is found out again whenever it is forgotten.
                return current.Head > before;
            },
            cancellationToken);
        var isOnline = (await devices.GetAsync(cancellationToken)).AnyOnline;
        return new AppendAnswer(positions, isOnline, Polled: Now < _polledUntil && Array.Exists(positions, position => position > 0));
    }

    public async Task<Answer<SyncPage>> SyncAsync(ActorSync sync, CancellationToken cancellationToken)
    {
        if (sync.Request is not { After: >= 0, Limit: >= 0 })
            return Answer<SyncPage>.Refused(ErrorCodes.InvalidArgument, "after and limit are 0 or more.");
        var heads = await filler.HeadsAsync(userId, cancellationToken);
        await FillAsync(heads, cancellationToken);
        var page = await ReadPageAsync(heads, sync.Request, cancellationToken);
        if (page.Reset)
            MessageMetrics.SyncResets.Add(1);
        await SettleAsync(await SeeAsync(sync, page, cancellationToken), cancellationToken);
        return Answer<SyncPage>.Of(page with { Timelines = TimelinesOf(heads) });
    }

    public async Task<Answer<Done>> AcknowledgeAsync(ActorAck ack, CancellationToken cancellationToken)
    {
        var current = await inbox.GetAsync(cancellationToken);
        if (ack.Position > current.Head)
        {
            // Another actor may have given out positions since.
            inbox.Forget();
            current = await inbox.GetAsync(cancellationToken);
        }
        if (ack.Position < 0 || ack.Position > current.Head)
            return Answer<Done>.Refused(ErrorCodes.InvalidArgument, $"position is between 0 and {current.Head}.");
        var all = await ChangeDevicesAsync(all => all.Acknowledge(ack.DeviceId, "", ack.Position, Now), cancellationToken);
        await SettleAsync(all, cancellationToken);
        return Answer<Done>.Of(Done.Value);
    }

    /// <summary>The device has called. One that polls says with its position what it has, unless the position is of another inbox.</summary>
    private Task<Devices> SeeAsync(ActorSync sync, SyncPage page, CancellationToken cancellationToken)
    {
        if (sync.Polling is { } polling)
            _polledUntil = Math.Max(_polledUntil, Now + polling.WaitMilliseconds);
        return ChangeDevicesAsync(
            all =>
            {
                if (sync.Session is { } session)
                    all.Remember(session, Now);
                if (sync.Polling is { } device)
                    all.Acknowledge(device.DeviceId, device.Platform, page.Reset ? 0 : sync.Request.After, Now);
            },
            cancellationToken);
    }

    private async Task<Devices> ChangeDevicesAsync(Action<Devices> change, CancellationToken cancellationToken)
    {
        var epoch = (await inbox.GetAsync(cancellationToken)).Epoch;
        return await devices.ChangeAsync(
            all =>
            {
                all.Enter(epoch);
                change(all);
                all.DropUnseenSince(Now - (long)TimeSpan.FromDays(options.DeviceAwayDays).TotalMilliseconds);
            },
            cancellationToken);
    }

    /// <summary>
    /// Tells of cursors that have risen: entities that all devices have are released, what any device has is delivered, and what needs not be
    /// kept goes. In this order, so that a crash repeats and never skips.
    /// </summary>
    private async Task SettleAsync(Devices all, CancellationToken cancellationToken)
    {
        var current = await inbox.GetAsync(cancellationToken);
        all.Enter(current.Epoch);
        var smallest = Math.Min(all.SmallestCursor, current.Head);
        await ForEachAsync(
            current, all.Released, smallest,
            entries => messages.ReleaseAsync(userId, [.. entries.Select(entry => (entry.ConversationId, entry.Seq))], cancellationToken), cancellationToken);
        var largest = Math.Min(all.LargestCursor, current.Head);
        await ForEachAsync(
            current, all.Delivered, largest,
            entries =>
            {
                marks.Raise(userId, entries);
                return Task.CompletedTask;
            },
            cancellationToken);
        all.Settle(smallest, largest);
        await inbox.TrimAsync(smallest, cancellationToken);
    }

    // A segment that is lost has nothing to tell; the next Sync finds out.
    private async Task ForEachAsync(
        Inbox current, long after, long to, Func<List<InboxReference>, Task> tell, CancellationToken cancellationToken)
    {
        for (var position = Math.Max(after, current.First - 1); position < to;)
        {
            var limit = Math.Min(to - position, Inbox.SegmentSize - (position % Inbox.SegmentSize));
            if (await inbox.ReadAsync(current, position, limit, cancellationToken) is { } entries)
                await tell(entries);
            position += limit;
        }
    }

    /// <summary>Appends what is missing before this reference: the order within a conversation is never broken (I3).</summary>
    private async Task FillBeforeAsync(Inbox current, MessageReference reference, CancellationToken cancellationToken)
    {
        if (current.GapBefore(reference) is not var (from, to))
            return;
        LogGap(userId, from, to, reference.ConversationId);
        var found = await filler.RangeAsync(reference.ConversationId, from, to, reference.JoinSeq, cancellationToken);
        MessageMetrics.CountFilled("append", found.Count);
        foreach (var missing in found)
            AppendAfter(current, missing);
        current.Pass(reference.ConversationId, to);
    }

    // What lies between the references of the filler needs no position.
    private static void AppendAfter(Inbox current, MessageReference reference)
    {
        current.Pass(reference.ConversationId, reference.Seq - 1);
        current.Append(reference);
    }

    /// <summary>Compares with the entity store and appends what no event has brought (I2, I6).</summary>
    private async Task FillAsync(IReadOnlyList<ConversationHead> heads, CancellationToken cancellationToken)
    {
        var hasMore = true;
        while (hasMore)
        {
            await inbox.ChangeAsync(
                async (current, token) =>
                {
                    var missing = await filler.MissingAsync(heads, current, token);
                    hasMore = missing.HasMore;
                    Fill(current, missing);
                    return missing.References.Count > 0;
                },
                cancellationToken);
        }
    }

    private void Fill(Inbox current, MissingReferences missing)
    {
        foreach (var reference in missing.References)
            AppendAfter(current, reference);
        foreach (var filling in missing.Fillings)
            current.Pass(filling.ConversationId, filling.UpTo);
        MessageMetrics.CountFilled("sync", missing.References.Count);
        if (missing.References.Count > 0)
            LogFilled(userId, missing.References.Count);
    }

    private static TimelineHead[] TimelinesOf(IReadOnlyList<ConversationHead> heads) =>
        [.. heads.Where(head => head.Timeline != TimelineState.Never && head.Membership.IsActive)
            .Select(head => new TimelineHead(head.Membership.ConversationId, head.LastSeq))];

    private async Task<SyncPage> ReadPageAsync(IReadOnlyList<ConversationHead> heads, SyncRequest request, CancellationToken cancellationToken)
    {
        for (var reads = 0; reads < MaxReads; reads++)
        {
            var current = await inbox.GetAsync(cancellationToken);
            if (await pages.ReadAsync(current, inbox, request, cancellationToken) is { } page)
                return page;
            await inbox.RecoverAsync(current, cancellationToken);
            await FillAsync(heads, cancellationToken);
            // A position of the inbox that was lost says nothing in the one that took its place.
            request = request with { Epoch = request.Epoch ?? current.Epoch };
        }
        throw new TimeoutException($"The inbox of {userId} was dropped {MaxReads} times by others while it was read");
    }

    private long Now => time.GetUtcNow().ToUnixTimeMilliseconds();

    [LoggerMessage(3001, LogLevel.Debug, "Inbox of {UserId} lacks {From} to {To} of {ConversationId}: filling it first")]
    private partial void LogGap(string userId, long from, long to, string conversationId);

    [LoggerMessage(3002, LogLevel.Information, "Inbox of {UserId} gets {Count} entries from the entity store")]
    private partial void LogFilled(string userId, int count);
}
