using Dapr.Actors.Runtime;
using ImDapr.Contracts;
using ImDapr.MessageService.Conversations;

namespace ImDapr.MessageService.Inbox;

/// <summary>
/// The single writer of one user's inbox and the one place where a user's devices race. The rules are in <see cref="Inbox"/> and
/// <see cref="Devices"/>; memory never runs ahead of the store: what could not be saved is forgotten and read again.
/// </summary>
public sealed partial class UserActor(ActorHost host, InboxFiller filler, InboxPages pages, ILogger<UserActor> logger)
    : Actor(host), IUserActor
{
    private InboxStore Store => field ??= new InboxStore(StateManager);
    private Inbox? _inbox;
    private Devices? _devices;

    public async Task<SessionOpened> OpenSessionAsync(DeviceSession session, CancellationToken cancellationToken)
    {
        var devices = await DevicesAsync(cancellationToken);
        var replaced = devices.Open(session);
        await SaveDevicesAsync(devices, cancellationToken);
        return new SessionOpened(replaced);
    }

    public async Task CloseSessionAsync(DeviceSession session, CancellationToken cancellationToken)
    {
        var devices = await DevicesAsync(cancellationToken);
        if (devices.Close(session))
            await SaveDevicesAsync(devices, cancellationToken);
    }

    public async Task<AppendAnswer> AppendAsync(AppendRequest request, CancellationToken cancellationToken)
    {
        var inbox = await InboxAsync(cancellationToken);
        var sealedNow = new List<SealedSegment>();
        var positions = new long[request.References.Length];
        var changed = false;
        try
        {
            for (var i = 0; i < positions.Length; i++)
            {
                var reference = request.References[i];
                changed |= reference.Seq > inbox.Held(reference.ConversationId, reference.JoinSeq);
                await FillAsync(inbox, reference, sealedNow, cancellationToken);
                positions[i] = inbox.Append(reference, sealedNow);
            }
            if (changed)
                await Store.SaveAsync(inbox, sealedNow, [], cancellationToken);
        }
        catch
        {
            _inbox = null;
            throw;
        }
        return new AppendAnswer(positions, (await DevicesAsync(cancellationToken)).AnyOnline);
    }

    public async Task<Answer<SyncPage>> SyncAsync(ActorSync sync, CancellationToken cancellationToken)
    {
        if (sync.Request is not { After: >= 0, Limit: >= 0 })
            return Answer<SyncPage>.Refused(ErrorCodes.InvalidArgument, "after and limit are 0 or more.");
        await RememberAsync(sync.Session, cancellationToken);
        var inbox = await InboxAsync(cancellationToken);
        var heads = await filler.HeadsAsync(Id.ToString(), cancellationToken);
        inbox = await FillAllAsync(inbox, heads, cancellationToken);
        var page = await ReadPageAsync(inbox, heads, sync.Request, cancellationToken);
        return Answer<SyncPage>.Of(page with { Timelines = TimelinesOf(heads) });
    }

    public async Task<Answer<Done>> AckAsync(ActorAck ack, CancellationToken cancellationToken)
    {
        var inbox = await InboxAsync(cancellationToken);
        if (ack.Position < 0 || ack.Position > inbox.Head)
            return Answer<Done>.Refused(ErrorCodes.InvalidArgument, $"position is between 0 and {inbox.Head}.");
        var devices = await DevicesAsync(cancellationToken);
        if (!devices.Acknowledge(ack.DeviceId, ack.Position))
            return Answer<Done>.Of(Done.Value);
        await StateManager.SetStateAsync("devices", devices.Write(), cancellationToken);
        await TrimAndSaveAsync(inbox, devices, cancellationToken);
        return Answer<Done>.Of(Done.Value);
    }

    private async Task TrimAndSaveAsync(Inbox inbox, Devices devices, CancellationToken cancellationToken)
    {
        try
        {
            var dropped = inbox.Trim(devices.SmallestCursor);
            if (dropped.Count > 0)
                await Store.SaveAsync(inbox, [], dropped, cancellationToken);
            else
                await StateManager.SaveStateAsync(cancellationToken);
        }
        catch
        {
            _inbox = null;
            _devices = null;
            throw;
        }
    }

    /// <summary>Appends what is missing before this reference: the order within a conversation is never broken (I3).</summary>
    private async Task FillAsync(Inbox inbox, MessageReference reference, List<SealedSegment> sealedNow, CancellationToken cancellationToken)
    {
        if (inbox.GapBefore(reference) is not var (from, to))
            return;
        LogGap(Id.ToString(), from, to, reference.ConversationId);
        foreach (var missing in await filler.RangeAsync(reference.ConversationId, from, to, reference.JoinSeq, cancellationToken))
            AppendAfter(inbox, missing, sealedNow);
        inbox.Pass(reference.ConversationId, to);
    }

    // What lies between the references of the filler needs no position.
    private static void AppendAfter(Inbox inbox, MessageReference reference, List<SealedSegment> sealedNow)
    {
        inbox.Pass(reference.ConversationId, reference.Seq - 1);
        inbox.Append(reference, sealedNow);
    }

    /// <summary>Compares with the entity store and appends what no event has brought (I2, I6).</summary>
    private async Task<Inbox> FillAllAsync(Inbox inbox, IReadOnlyList<ConversationHead> heads, CancellationToken cancellationToken)
    {
        try
        {
            MissingReferences missing;
            do
            {
                missing = await filler.MissingAsync(heads, inbox, cancellationToken);
                await FillAsync(inbox, missing, cancellationToken);
            }
            while (missing.HasMore);
            return inbox;
        }
        catch
        {
            _inbox = null;
            throw;
        }
    }

    private async Task FillAsync(Inbox inbox, MissingReferences missing, CancellationToken cancellationToken)
    {
        var sealedNow = new List<SealedSegment>();
        foreach (var reference in missing.References)
            AppendAfter(inbox, reference, sealedNow);
        foreach (var filling in missing.Fillings)
            inbox.Pass(filling.ConversationId, filling.UpTo);
        if (missing.References.Count == 0)
            return;
        await Store.SaveAsync(inbox, sealedNow, [], cancellationToken);
        LogFilled(Id.ToString(), missing.References.Count);
    }

    private static TimelineHead[] TimelinesOf(IReadOnlyList<ConversationHead> heads) =>
        [.. heads.Where(head => head.Timeline != TimelineState.Never && head.Membership.IsActive)
            .Select(head => new TimelineHead(head.Membership.ConversationId, head.LastSeq))];

    private async Task<SyncPage> ReadPageAsync(
        Inbox inbox, IReadOnlyList<ConversationHead> heads, SyncRequest request, CancellationToken cancellationToken) =>
        await pages.ReadAsync(inbox, Store, request, cancellationToken) ?? await RebuildAsync(heads, request, cancellationToken);

    /// <summary>The store lost part of this inbox: a new one is built from the entities, with a new epoch (I6).</summary>
    private async Task<SyncPage> RebuildAsync(IReadOnlyList<ConversationHead> heads, SyncRequest request, CancellationToken cancellationToken)
    {
        LogRebuild(Id.ToString());
        _inbox = await CreateAsync(cancellationToken);
        var devices = await DevicesAsync(cancellationToken);
        devices.ForgetCursors();
        await SaveDevicesAsync(devices, cancellationToken);
        var inbox = await FillAllAsync(_inbox, heads, cancellationToken);
        return await ReadPageAsync(inbox, heads, request with { After = 0, Epoch = request.Epoch ?? "" }, cancellationToken);
    }

    /// <summary>An actor that lost its state learns from a device that it is connected.</summary>
    private async Task RememberAsync(DeviceSession? session, CancellationToken cancellationToken)
    {
        if (session is null)
            return;
        var devices = await DevicesAsync(cancellationToken);
        if (devices.ById.GetValueOrDefault(session.DeviceId)?.ConnectionId is not null)
            return;
        devices.Open(session);
        await SaveDevicesAsync(devices, cancellationToken);
    }

    private async ValueTask<Inbox> InboxAsync(CancellationToken cancellationToken) =>
        _inbox ??= await Store.LoadAsync(cancellationToken) ?? await CreateAsync(cancellationToken);

    // Saved at once: an epoch that a device was told must not change because the actor was moved.
    private async Task<Inbox> CreateAsync(CancellationToken cancellationToken)
    {
        var inbox = NewInbox();
        await Store.SaveAsync(inbox, [], [], cancellationToken);
        return inbox;
    }

    private static Inbox NewInbox() => new(Guid.NewGuid().ToString("N"), 0, 0, [], new Dictionary<string, long>());

    private async ValueTask<Devices> DevicesAsync(CancellationToken cancellationToken)
    {
        if (_devices is not null)
            return _devices;
        var stored = await StateManager.TryGetStateAsync<string>("devices", cancellationToken);
        return _devices = stored.HasValue ? Devices.Read(stored.Value) : new Devices([]);
    }

    private async Task SaveDevicesAsync(Devices devices, CancellationToken cancellationToken)
    {
        try
        {
            await StateManager.SetStateAsync("devices", devices.Write(), cancellationToken);
            await StateManager.SaveStateAsync(cancellationToken);
        }
        catch
        {
            _devices = null;
            throw;
        }
    }

    [LoggerMessage(3001, LogLevel.Debug, "Inbox of {UserId} lacks {From} to {To} of {ConversationId}: filling it first")]
    private partial void LogGap(string userId, long from, long to, string conversationId);

    [LoggerMessage(3002, LogLevel.Information, "Inbox of {UserId} got {Count} entries from the entity store")]
    private partial void LogFilled(string userId, int count);

    [LoggerMessage(3003, LogLevel.Warning, "Inbox of {UserId} has lost a segment: it is rebuilt from the entities")]
    private partial void LogRebuild(string userId);
}
