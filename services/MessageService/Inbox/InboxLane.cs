using Dapr.Client;
using ImDapr.MessageService.FanOut;

namespace ImDapr.MessageService.Inbox;

/// <summary>
/// Appends to the inboxes of users and raises their devices' cursors, one round after the other: what comes during a round is saved with
/// the next one.
/// </summary>
/// <remarks>
/// A round reads what is not known here (one call), changes it in memory, and swaps what changed (one transaction). Where somebody else has written
/// meanwhile, everything of that transaction is read again and what it lacks is done once more: an append recognises what is there and a cursor only
/// rises, so it does not matter which of the swaps took place.
/// </remarks>
internal sealed partial class InboxLane(
    Func<string, LaneUser> userOf, StateLife life, InboxFiller filler, DeliveryPublisher deliveries, DaprClient dapr, InboxOptions options, TimeProvider time, ILogger logger)
{
    // Then each by itself: where transactions over several keys never succeed, changes are slow and not lost.
    private const int RoundsTogether = 3;

    // While others write a large part of these inboxes, reading first costs less than failing.
    private const double OftenWritten = 0.1;
    private const double Weight = 0.05;

    // Events overtake each other by some milliseconds: waiting for one costs less than asking the entity store for what it brings.
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(10);

    // What the callers wait for at most, with all rounds.
    private static readonly TimeSpan StoreTimeout = TimeSpan.FromSeconds(10);

    private readonly StateBatch _state = new(dapr, options.SavedTogether);
    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _added = new(0, 1);

    // Appends that have overtaken another one, and wait for it.
    private readonly List<PendingAppend> _early = [];
    private List<PendingAppend> _appends = [];
    private List<PendingAck> _acks = [];
    private Task _telling = Task.CompletedTask;
    private bool _isStoring;
    private double _writtenByOthers;

    public void Add(IEnumerable<PendingAppend> appends, IEnumerable<PendingAck> acks)
    {
        lock (_gate)
        {
            _appends.AddRange(appends);
            _acks.AddRange(acks);
            if (_added.CurrentCount == 0)
                _added.Release();
            if (_isStoring)
                return;
            _isStoring = true;
        }
        _ = Task.Run(StoreAsync);
    }

    private (List<PendingAppend> Appends, List<PendingAck> Acks)? Take()
    {
        lock (_gate)
        {
            _isStoring = _appends.Count + _early.Count + _acks.Count > 0;
            if (!_isStoring)
                return null;
            _appends.AddRange(_early);
            _early.Clear();
            var taken = (_appends, _acks);
            (_appends, _acks) = ([], []);
            return taken;
        }
    }

    private async Task StoreAsync()
    {
        while (Take() is var (appends, acks))
        {
            using var timeout = new CancellationTokenSource(StoreTimeout, time);
            List<InboxAppends> users = [.. appends.GroupBy(append => append.UserId).Select(user => new InboxAppends(userOf(user.Key), [.. user], filler, logger))];
            await RunAsync(users, AppendRoundAsync, timeout.Token);
            // One after the other, so that a user is told in the order of positions, and while the next ones are being stored.
            await _telling;
            _telling = TellAsync([.. users.Where(user => user.IsStored)]);
            await Task.WhenAll(users.Where(user => user.IsStored).Select(user => TidyAsync(user.Inbox, timeout.Token)));
            await RunAsync(
                [.. acks.GroupBy(ack => ack.Ack.UserId).Select(user => new CursorAcks(userOf(user.Key), [.. user]))], AckRoundAsync, timeout.Token);
            if (acks.Count == 0 && _early.Count == appends.Count)
                await _added.WaitAsync(Look, CancellationToken.None);
        }
    }

    /// <summary>Tells of what is stored, and answers. What nobody was told of comes again with its event.</summary>
    private async Task TellAsync(List<InboxAppends> stored)
    {
        try
        {
            await deliveries.PublishAsync([.. stored.SelectMany(user => user.Appends).Select(append => append.Mailing)]);
            stored.ForEach(user => user.Complete());
        }
        catch (Exception exception)
        {
            // Whatever it was: the callers wait for an answer, and the lane must live.
            stored.ForEach(user => user.Fail(exception));
        }
    }

    // Done again with the next append if it could not be done.
    private async Task TidyAsync(StoredInbox inbox, CancellationToken cancellationToken)
    {
        try
        {
            await inbox.TidyAsync(cancellationToken);
        }
        catch (Exception exception)
        {
            inbox.Forget();
            LogNotTidied(exception, inbox.Key);
        }
    }

    [LoggerMessage(3005, LogLevel.Warning, "{Key} could not be sealed or shortened now")]
    private partial void LogNotTidied(Exception exception, string key);

    private static async Task RunAsync<T>(List<T> all, Func<List<T>, CancellationToken, Task<List<T>>> round, CancellationToken cancellationToken)
        where T : ILaneWork
    {
        try
        {
            var open = all;
            for (var rounds = 0; rounds < RoundsTogether && open.Count > 0; rounds++)
                open = await round(open, cancellationToken);
            await Task.WhenAll(open.Select(work => TryAsync(work, () => work.DoAloneAsync(cancellationToken))));
        }
        catch (Exception exception)
        {
            // Whatever it was: the callers wait for an answer, and the lane must live. What has its answer keeps it.
            all.ForEach(work => work.Fail(exception));
        }
    }

    /// <returns>Those whose inbox was written by somebody else meanwhile, or may not be saved for another reason.</returns>
    private async Task<List<InboxAppends>> AppendRoundAsync(List<InboxAppends> open, CancellationToken cancellationToken)
    {
        await ForgetOtherLivesAsync(open.Select(user => user.User), cancellationToken);
        var isDoubtful = _writtenByOthers > OftenWritten;
        Learn(await _state.ReadAsync(open.Select(user => user.Inbox).Where(inbox => isDoubtful || !inbox.IsRemembered), cancellationToken), open.Count);
        var changed = new List<(InboxAppends, IBatchedKey)>();
        await Task.WhenAll(open.Select(user => TryAsync(user, async () =>
        {
            if (await TryApplyAsync(user, cancellationToken))
            {
                lock (changed)
                    changed.Add((user, user.Inbox));
            }
        })));
        var again = await _state.SaveAsync("inbox", changed, (user, saved) =>
        {
            user.Saved(saved);
            return Task.CompletedTask;
        }, cancellationToken);
        Learn(again.Count, changed.Count);
        return again;
    }

    /// <returns>Whether there is something to save.</returns>
    private async Task<bool> TryApplyAsync(InboxAppends user, CancellationToken cancellationToken)
    {
        var current = await user.Inbox.KnownAsync(cancellationToken);
        if (!user.HasGap(current) || user.Age >= Patience)
            return await user.ApplyAsync(current, cancellationToken);
        // What is missing may come to another instance: then the store knows.
        if (user.Age > Patience / 2)
            user.Inbox.Forget();
        lock (_gate)
            _early.AddRange(user.Appends);
        return false;
    }

    /// <returns>Those whose devices were written by somebody else meanwhile, or may not be saved for another reason.</returns>
    private async Task<List<CursorAcks>> AckRoundAsync(List<CursorAcks> open, CancellationToken cancellationToken)
    {
        await ForgetOtherLivesAsync(open.Select(user => user.User), cancellationToken);
        await _state.ReadAsync(
            open.SelectMany(user => new IBatchedKey[] { user.Inbox, user.Devices })
                .Where(key => key is StoredInbox { IsRemembered: false } or StoredDevices { IsRemembered: false }),
            cancellationToken);
        var changed = new List<(CursorAcks, IBatchedKey)>();
        await Task.WhenAll(open.Select(user => TryAsync(user, async () =>
        {
            if (await user.ApplyAsync(cancellationToken))
            {
                lock (changed)
                    changed.Add((user, user.Devices));
            }
        })));
        return await _state.SaveAsync("devices", changed, (user, saved) => TryAsync(user, () => user.SavedAsync(saved, cancellationToken)), cancellationToken);
    }

    private async Task ForgetOtherLivesAsync(IEnumerable<LaneUser> users, CancellationToken cancellationToken)
    {
        var now = await life.RecentAsync(cancellationToken);
        foreach (var user in users.Where(user => user.Inbox.ForgetUnlessOf(now)))
            user.Devices.Forget();
    }

    /// <summary>What cannot be read or written fails by itself; the others go on.</summary>
    private static async Task TryAsync(ILaneWork work, Func<Task> step)
    {
        try
        {
            await step();
        }
        catch (Exception exception)
        {
            work.Fail(exception);
        }
    }

    private void Learn(int writtenByOthers, int of)
    {
        if (of > 0)
            _writtenByOthers += ((Math.Min(1, (double)writtenByOthers / of)) - _writtenByOthers) * Weight;
    }
}

/// <summary>What a lane does for one user in a round.</summary>
internal interface ILaneWork
{
    /// <summary>Without the others.</summary>
    Task DoAloneAsync(CancellationToken cancellationToken);

    /// <summary>It was not done, or may not have been: what is remembered of the user is forgotten, and whoever has no answer yet gets this one.</summary>
    void Fail(Exception exception);
}

/// <summary>What a lane remembers of a user.</summary>
public sealed record LaneUser(StoredInbox Inbox, StoredDevices Devices, UserCursors Cursors);
