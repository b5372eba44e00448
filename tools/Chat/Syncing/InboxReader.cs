using System.Threading.Channels;
using ImDapr.Chat.Accounts;
using ImDapr.Chat.Connecting;
using ImDapr.Contracts;

namespace ImDapr.Chat.Syncing;

/// <summary>Feeds a <see cref="SyncEngine"/> from the hub, one input after the other, and shows what it decides.</summary>
public sealed class InboxReader : IDisposable
{
    // Pushes that wait while a sync runs. More are dropped and synced instead: a push is only a hint.
    private const int WaitingPushes = 256;
    private const int MostPasses = 5; // a conversation that outruns so many is so busy that its entries are still in the inbox
    private static readonly TimeSpan AckWindow = TimeSpan.FromMilliseconds(200);
    private readonly HubLink _link;
    private readonly StateFile _file;
    private readonly Action<Message> _show;
    private readonly Func<CancellationToken, Task> _caughtUp;
    private readonly TimeProvider _time;
    private readonly TimeSpan _syncEvery;
    private readonly ITimer _periodic;
    private readonly Channel<Push> _pushes;
    private readonly Channel<long> _acks = Channel.CreateBounded<long>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest });
    private SyncEngine _engine;
    private int _restart;
    private int _wanted;
    private long _acknowledged;
    private TaskCompletionSource? _pushed;

    /// <param name="caughtUp">Called when the first sync of a connection has shown everything.</param>
    /// <param name="syncEvery">Whatever was lost is seen after this time at the latest; five minutes when it is not given.</param>
    public InboxReader(
        HubLink link, StateFile file, Action<Message> show, Func<CancellationToken, Task> caughtUp, TimeProvider time, TimeSpan? syncEvery = null)
    {
        (_link, _file, _show, _caughtUp, _time, _syncEvery) = (link, file, show, caughtUp, time, syncEvery ?? TimeSpan.FromMinutes(5));
        _engine = new(file.State.Sync);
        _pushes = Channel.CreateBounded<Push>(
            new BoundedChannelOptions(WaitingPushes) { FullMode = BoundedChannelFullMode.DropWrite }, _ => Volatile.Write(ref _wanted, 1));
        _periodic = time.CreateTimer(_ => WantSync(), null, PeriodicWait(), Timeout.InfiniteTimeSpan);

        link.Connected += Restart;
        link.On<Within>(nameof(IImClient.SyncNow), within => _periodic.Change(within.RandomWait(), Timeout.InfiniteTimeSpan));
        link.On<InboxEntry[]>(nameof(IImClient.Deliver), entries => Pushed(new(entries, [])));
        link.On<Message[]>(nameof(IImClient.DeliverTimeline), messages => Pushed(new([], messages)));
    }

    public long LastShown(string conversationId) => _file.State.Sync.Shown.GetValueOrDefault(conversationId);

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await foreach (var push in _pushes.Reader.ReadAllAsync(cancellationToken))
        {
            if (Interlocked.Exchange(ref _restart, 0) == 1)
                await RestartAsync(cancellationToken);
            if (Interlocked.Exchange(ref _wanted, 0) == 1)
                await SyncAsync(cancellationToken);
            if (Take(_engine.Pushed(push.Entries)) == NextCall.Sync || Take(_engine.PushedTimeline(push.Timeline)) == NextCall.Sync)
                await SyncAsync(cancellationToken);
        }
    }

    /// <summary>Tells the server what was shown, at most once in each window.</summary>
    public async Task AcknowledgeAsync(CancellationToken cancellationToken)
    {
        await foreach (var _ in _acks.Reader.ReadAllAsync(cancellationToken))
        {
            await Task.Delay(AckWindow, _time, cancellationToken);
            await AcknowledgeNowAsync(cancellationToken);
        }
    }

    /// <summary>Acknowledges the last position shown. A lost one costs nothing: the next says the same and more.</summary>
    public async Task AcknowledgeNowAsync(CancellationToken cancellationToken)
    {
        var position = _file.State.Sync.Position;
        if (position == _acknowledged)
            return;

        try
        {
            await _link.CallAsync<object?>("Ack", new AckRequest(position), cancellationToken);
            _acknowledged = position;
        }
        catch (Exception e) when (e is LinkLostException or HubRefusedException)
        {
            WantSync(); // a refused position means that the inbox is not what we think
        }
    }

    public void Dispose() => _periodic.Dispose();

    private void Restart()
    {
        Volatile.Write(ref _restart, 1);
        WantSync();
    }

    // Something may be missing.
    private void WantSync()
    {
        Volatile.Write(ref _wanted, 1);
        _pushes.Writer.TryWrite(Push.Nothing); // wakes the loop; a full channel is awake anyway
    }

    // A connection begins with what was saved: signing in may have found a wiped server and emptied it.
    private async Task RestartAsync(CancellationToken cancellationToken)
    {
        _engine = new(_file.State.Sync);
        Volatile.Write(ref _wanted, 0);
        if (await SyncAsync(cancellationToken))
            await _caughtUp(cancellationToken);
    }

    /// <returns>False when the connection was lost over it; the sync is then wanted again.</returns>
    private async Task<bool> SyncAsync(CancellationToken cancellationToken)
    {
        var backoff = new Backoff(_time);
        for (var next = _engine.Begin().Next; next != NextCall.None;)
        {
            try
            {
                next = await CallAsync(next, cancellationToken);
            }
            catch (LinkLostException)
            {
                await backoff.WaitAsync(cancellationToken);
                Restart();
                return false;
            }
            catch (HubRefusedException e) when (e.Refusal.IsRetryable)
            {
                await WaitAsync(backoff, e.Refusal, cancellationToken);
            }
        }
        _periodic.Change(PeriodicWait(), Timeout.InfiniteTimeSpan);
        return true;
    }

    // A push says that the server works again, sooner than the end of a long wait would.
    private async Task WaitAsync(Backoff backoff, Refusal refusal, CancellationToken cancellationToken)
    {
        var pushed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Volatile.Write(ref _pushed, pushed);
        var wait = backoff.WaitAsync(refusal, cancellationToken);
        await (RetryHint.Of(refusal) is null ? await Task.WhenAny(wait, pushed.Task) : wait);
    }

    private void Pushed(Push push)
    {
        _pushes.Writer.TryWrite(push);
        Volatile.Read(ref _pushed)?.TrySetResult();
    }

    private Task<NextCall> CallAsync(NextCall next, CancellationToken cancellationToken) => next switch
    {
        NextCall.Reload => ReloadAsync(cancellationToken),
        NextCall.Timelines => TimelinesAsync(cancellationToken),
        _ => PageAsync(cancellationToken),
    };

    private async Task<NextCall> TimelinesAsync(CancellationToken cancellationToken)
    {
        foreach (var request in _engine.TimelineRequests)
            await LoadAsync(request, cancellationToken);
        return Take(_engine.TimelinesRead());
    }

    private async Task<NextCall> PageAsync(CancellationToken cancellationToken) =>
        Take(_engine.Synced(await _link.CallAsync<SyncPage>("Sync", _engine.Request, cancellationToken)));

    // Conversations move to the front while they are read: passes repeat until one finds nothing new.
    private async Task<NextCall> ReloadAsync(CancellationToken cancellationToken)
    {
        var passes = 1;
        while (await LoadConversationsAsync(cancellationToken) && passes < MostPasses)
            passes++;
        return Take(_engine.Reloaded());
    }

    private async Task<bool> LoadConversationsAsync(CancellationToken cancellationToken)
    {
        var foundNew = false;
        string? after = null;
        do
        {
            var page = await _link.CallAsync<ConversationSummary[]>("Conversations", new ConversationsRequest(after, Limits.PageSize), cancellationToken);
            foreach (var conversation in page)
                foundNew |= await LoadAsync(_engine.MissingOf(conversation), cancellationToken);
            after = page.Length == 0 ? null : page[^1].ConversationId; // a server may give less than it was asked for
        }
        while (after is not null);
        return foundNew;
    }

    private async Task<bool> LoadAsync(HistoryRequest? request, CancellationToken cancellationToken)
    {
        var foundNew = false;
        while (request is not null)
        {
            var page = await _link.CallAsync<HistoryPage>("History", request, cancellationToken);
            var shown = _engine.Loaded(page.Messages);
            Show(shown);
            foundNew |= shown.Count > 0;
            request = page.HasMore && page.Messages.Length > 0 ? request with { After = page.Messages[^1].Seq } : null;
        }
        return foundNew;
    }

    private NextCall Take(SyncStep step)
    {
        Show(step.Show);
        return step.Next;
    }

    // Shown, then saved, then acknowledged: a crash in between repeats a line, it never loses one.
    private void Show(IReadOnlyList<Message> messages)
    {
        foreach (var message in messages)
            _show(message);

        var state = _engine.State;
        if (messages.Count == 0 && state.Position == _file.State.Sync.Position && state.Epoch == _file.State.Sync.Epoch)
            return;
        _file.Update(old => old with { Sync = state });
        _acks.Writer.TryWrite(state.Position);
    }

    // The jitter keeps clients from asking in step.
    private TimeSpan PeriodicWait() => _syncEvery * (0.6 + (Random.Shared.NextDouble() * 0.4));

    private sealed record Push(InboxEntry[] Entries, Message[] Timeline)
    {
        public static readonly Push Nothing = new([], []);
    }
}
