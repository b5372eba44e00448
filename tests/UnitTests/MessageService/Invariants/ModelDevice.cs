using ImDapr.Chat.Syncing;
using ImDapr.Contracts;
using ImDapr.UnitTests.MessageService.Inboxes;

namespace ImDapr.UnitTests.MessageService.Invariants;

/// <summary>A device with the engine of every client: what it shows is what the invariants are about.</summary>
internal sealed class ModelDevice(World world, string userId, string deviceId)
{
    private SyncEngine _engine = new(SyncState.Empty);

    public string UserId => userId;

    public List<(string ConversationId, long Seq)> Shown { get; } = [];

    /// <summary>The process starts again with what it saved, connects and syncs.</summary>
    public async Task ConnectAsync(int activation)
    {
        _engine = new SyncEngine(_engine.State);
        await FollowAsync(_engine.Begin(), activation);
    }

    public Task PushAsync(InboxEntry entry, int activation) => FollowAsync(_engine.Pushed([entry]), activation);

    public async Task AcknowledgeAsync(int activation)
    {
        // A position of an inbox that is gone is refused, and the next sync finds out.
        await world.Lanes(activation).AckAsync(new DeviceAck(userId, deviceId, _engine.State.Position), CancellationToken.None);
        world.AcknowledgedBy(userId).UnionWith(Shown);
    }

    private async Task FollowAsync(SyncStep step, int activation)
    {
        while (true)
        {
            Show(step.Show);
            if (step.Next == NextCall.None)
                return;
            step = await CallAsync(step.Next, activation);
        }
    }

    private async Task<SyncStep> CallAsync(NextCall next, int activation)
    {
        if (next == NextCall.Sync)
        {
            var session = new DeviceSession(deviceId, "web", $"c-{deviceId}", "node");
            return _engine.Synced((await world.Actor(userId, activation).SyncAsync(new ActorSync(session, _engine.Request), CancellationToken.None)).Value!);
        }
        if (next == NextCall.Timelines)
        {
            foreach (var request in _engine.TimelineRequests)
                await LoadAsync(request);
            return _engine.TimelinesRead();
        }
        foreach (var conversation in await world.ConversationsAsync(userId))
            await LoadAsync(_engine.MissingOf(conversation));
        return _engine.Reloaded();
    }

    private async Task LoadAsync(HistoryRequest? request)
    {
        while (request is not null)
        {
            var page = await world.HistoryAsync(userId, request);
            Show(_engine.Loaded(page.Messages));
            request = page.HasMore ? request with { After = page.Messages[^1].Seq } : null;
        }
    }

    private void Show(IEnumerable<Message> messages) => Shown.AddRange(messages.Select(message => (message.ConversationId, message.Seq)));
}
