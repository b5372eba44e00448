using ImDapr.Contracts;
using ImDapr.MessageService.Conversations;
using ImDapr.MessageService.Telemetry;

namespace ImDapr.MessageService.Inbox;

/// <summary>
/// What a user's devices do to one user's inbox. One call at a time: the actor sees to that. Meanwhile instances append to it
/// (<see cref="InboxWriter"/>), and another actor of the same user may live during a partition: all go on and nobody loses or doubles an entry,
/// since every write is compared and swapped.
/// </summary>
public sealed partial class UserInbox(
    string userId, StoredInbox inbox, StoredDevices devices, UserCursors cursors, StateLife life, InboxFiller filler, InboxPages pages, SessionsOptions policy, TimeProvider time,
    ILogger<UserInbox> logger)
{
    // Each time somebody else has changed what this one read.
    private const int MaxReads = 5;

    // One write for some polls.
    private static readonly long PolledOnFor = (long)TimeSpan.FromMinutes(10).TotalMilliseconds;

    public async Task<SessionOpened> OpenAsync(DeviceSession session, CancellationToken cancellationToken)
    {
        SessionOpened? opened = null;
        await TellReadersAsync(await ChangeDevicesAsync((all, now) => opened = all.Open(session, policy, now), cancellationToken), null, cancellationToken);
        return opened!;
    }

    public async Task CloseAsync(DeviceSession session, CancellationToken cancellationToken) =>
        await TellReadersAsync(await ChangeDevicesAsync((all, _) => all.Close(session), cancellationToken), null, cancellationToken);

    /// <summary>The device is signed out: what only it still lacked need not be kept.</summary>
    public async Task DropDeviceAsync(string deviceId, CancellationToken cancellationToken)
    {
        var all = await ChangeDevicesAsync((all, _) => all.Drop(deviceId), cancellationToken);
        await TellReadersAsync(all, null, cancellationToken);
        await cursors.SettleAsync(all, cancellationToken);
    }

    public async Task<Answer<SyncPage>> SyncAsync(ActorSync sync, CancellationToken cancellationToken)
    {
        if (sync.Request is not { After: >= 0, Limit: >= 0 })
            return Answer<SyncPage>.Refused(ErrorCodes.InvalidArgument, "after and limit are 0 or more.");
        inbox.ForgetUnlessOf(await life.ReadAsync(cancellationToken));
        await inbox.RefreshAsync(cancellationToken);
        var heads = await filler.HeadsAsync(userId, cancellationToken);
        await FillAsync(heads, cancellationToken);
        var page = await ReadPageAsync(heads, sync.Request, cancellationToken);
        if (page.Reset)
            MessageMetrics.SyncResets.Add(1);
        var all = await SeeAsync(sync, page, cancellationToken);
        await TellReadersAsync(all, sync.Polling, cancellationToken);
        await cursors.SettleAsync(all, cancellationToken);
        return Answer<SyncPage>.Of(page with { Timelines = TimelinesOf(heads) });
    }

    /// <summary>The device has called. One that polls says with its position what it has, unless the position is of another inbox.</summary>
    private Task<Devices> SeeAsync(ActorSync sync, SyncPage page, CancellationToken cancellationToken) => ChangeDevicesAsync(
        (all, now) =>
        {
            if (sync.Session is { } session)
                all.Remember(session, now);
            if (sync.Polling is { } device)
                all.Acknowledge(device.DeviceId, device.Platform, page.Reset ? 0 : sync.Request.After, now);
        },
        cancellationToken);

    /// <summary>Whoever appends is to know whom it tells: see <see cref="InboxReaders"/>.</summary>
    private async Task TellReadersAsync(Devices all, PollingDevice? polling, CancellationToken cancellationToken)
    {
        var nodes = InboxReaders.Join(all.OnlineNodes);
        var polledUntil = polling is null ? 0 : Now + polling.WaitMilliseconds;
        if (IsTold(await inbox.GetAsync(cancellationToken)))
            return;
        await inbox.ChangeAsync(
            (current, _) =>
            {
                var isTold = IsTold(current);
                current.Readers = new InboxReaders(nodes, current.Readers.PolledUntil >= polledUntil ? current.Readers.PolledUntil : polledUntil + PolledOnFor);
                return Task.FromResult(!isTold);
            },
            cancellationToken);

        bool IsTold(Inbox current) => current.Readers.Nodes == nodes && current.Readers.PolledUntil >= polledUntil;
    }

    private async Task<Devices> ChangeDevicesAsync(Action<Devices, long> change, CancellationToken cancellationToken)
    {
        var epoch = (await inbox.GetAsync(cancellationToken)).Epoch;
        // Cursors are raised by whoever is told of them.
        await devices.RefreshAsync(cancellationToken);
        return await devices.ChangeAsync(all => cursors.Change(all, epoch, change), cancellationToken);
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
            current.AppendAfterGap(reference);
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

    [LoggerMessage(3002, LogLevel.Information, "Inbox of {UserId} gets {Count} entries from the entity store")]
    private partial void LogFilled(string userId, int count);
}
