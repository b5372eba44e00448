using ImDapr.Chat.Syncing;
using ImDapr.Contracts;

namespace ImDapr.UnitTests.Chat;

/// <summary>Makes the calls that an engine asks for and writes down what it shows.</summary>
internal sealed class FakeDevice(FakeInbox inbox)
{
    private SyncEngine _engine = new(SyncState.Empty);

    public List<(string ConversationId, long Seq)> Shown { get; } = [];

    public int Syncs { get; private set; }

    public SyncState State => _engine.State;

    /// <summary>The process ends and starts again with what it saved, or only the connection is new: it begins with a sync.</summary>
    public void Connect()
    {
        _engine = new(_engine.State);
        Follow(_engine.Begin());
    }

    /// <summary>A new connection whose first sync is still under way.</summary>
    public void BeginConnecting() => _engine = new(_engine.State);

    public void Push(params InboxEntry[] entries) => Follow(_engine.Pushed(entries));

    public void PushTimeline(params Message[] messages) => Follow(_engine.PushedTimeline(messages));

    public long[] ShownOf(string conversationId) => [.. Shown.Where(s => s.ConversationId == conversationId).Select(s => s.Seq)];

    private void Follow(SyncStep step)
    {
        while (true)
        {
            Show(step.Show);
            if (step.Next == NextCall.None)
                return;
            step = step.Next switch
            {
                NextCall.Sync => Sync(),
                NextCall.Timelines => ReadTimelines(),
                _ => Reload(),
            };
        }
    }

    private SyncStep Sync()
    {
        Syncs++;
        return _engine.Synced(inbox.Sync(_engine.Request));
    }

    private SyncStep ReadTimelines()
    {
        foreach (var request in _engine.TimelineRequests)
            Load(request);
        return _engine.TimelinesRead();
    }

    private SyncStep Reload()
    {
        foreach (var conversation in inbox.Conversations())
            Load(_engine.MissingOf(conversation));
        return _engine.Reloaded();
    }

    private void Load(HistoryRequest? request)
    {
        while (request is not null)
        {
            var page = inbox.History(request);
            Show(_engine.Loaded(page.Messages));
            request = page.HasMore ? request with { After = page.Messages[^1].Seq } : null;
        }
    }

    private void Show(IEnumerable<Message> messages) => Shown.AddRange(messages.Select(message => (message.ConversationId, message.Seq)));
}
