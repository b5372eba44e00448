using Dapr;
using Dapr.Client;
using ImDapr.Contracts;
using ImDapr.ServiceDefaults.Observability;

namespace ImDapr.MessageService.Inbox;

/// <summary>Appends to the inboxes of some of the users, one round after the other: what comes during a round is saved with the next one.</summary>
/// <remarks>
/// A round reads the inboxes that are not known here (one call), appends in memory, and swaps those that changed (one transaction). Where somebody else
/// has written meanwhile, everything of that transaction is read again and what it lacks is appended once more: an append recognises what is there, so
/// it does not matter which of the swaps took place.
/// </remarks>
internal sealed partial class AppendLane(
    Func<string, StoredInbox> inboxOf, InboxFiller filler, DaprClient dapr, InboxOptions options, TimeProvider time, ILogger logger)
{
    // Then each inbox by itself: where transactions over several keys never succeed, appends are slow and not lost.
    private const int RoundsTogether = 3;

    // Most that a transaction or a read carries, below the 4 MiB of Dapr's messages.
    private const int MaxBytes = Limits.BatchBytes;
    private const int ReadTogether = 100;

    // While others write a large part of these inboxes, reading first costs less than failing.
    private const double OftenWritten = 0.1;
    private const double Weight = 0.05;

    // Events overtake each other by some milliseconds: waiting for one costs less than asking the entity store for what it brings.
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(10);

    // What the callers wait for at most, with all rounds.
    private static readonly TimeSpan StoreTimeout = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _added = new(0, 1);
    private List<PendingAppend> _waiting = [];
    private bool _isStoring;
    private double _writtenByOthers;

    public void Add(IReadOnlyList<PendingAppend> appends)
    {
        lock (_gate)
        {
            _waiting.AddRange(appends);
            if (_added.CurrentCount == 0)
                _added.Release();
            if (_isStoring)
                return;
            _isStoring = true;
        }
        _ = Task.Run(StoreAsync);
    }

    /// <param name="early">What waits for what it has overtaken.</param>
    private List<PendingAppend>? Take(List<PendingAppend> early)
    {
        lock (_gate)
        {
            _isStoring = _waiting.Count + early.Count > 0;
            if (!_isStoring)
                return null;
            var taken = _waiting;
            taken.AddRange(early);
            _waiting = [];
            early.Clear();
            return taken;
        }
    }

    private async Task StoreAsync()
    {
        var early = new List<PendingAppend>();
        while (Take(early) is { } appends)
        {
            List<InboxAppends> open = [.. appends.GroupBy(append => append.UserId).Select(user => new InboxAppends(inboxOf(user.Key), [.. user], filler, logger))];
            try
            {
                using var timeout = new CancellationTokenSource(StoreTimeout, time);
                await StoreAsync(open, early, timeout.Token);
                if (early.Count == appends.Count)
                    await _added.WaitAsync(Look, timeout.Token);
            }
            catch (Exception exception)
            {
                // Whatever it was: the callers wait for an answer, and the lane must live. What has its answer keeps it.
                foreach (var user in open)
                    GiveUp(user, exception);
            }
        }
    }

    private async Task StoreAsync(List<InboxAppends> open, List<PendingAppend> early, CancellationToken cancellationToken)
    {
        for (var rounds = 0; rounds < RoundsTogether && open.Count > 0; rounds++)
            open = await RoundAsync(open, early, cancellationToken);
        await Task.WhenAll(open.Select(user => TryAsync(user, async () =>
        {
            var saved = await user.Inbox.ChangeAsync(user.ApplyAsync, cancellationToken);
            user.Done(saved.Readers);
        })));
    }

    /// <returns>Those that were written by somebody else meanwhile, or may not be saved for another reason.</returns>
    private async Task<List<InboxAppends>> RoundAsync(List<InboxAppends> open, List<PendingAppend> early, CancellationToken cancellationToken)
    {
        await ReadAsync(open, cancellationToken);
        var changed = new List<(InboxAppends User, InboxReaders Readers)>();
        await Task.WhenAll(open.Select(user => TryAsync(user, async () =>
        {
            var current = await CurrentAsync(user.Inbox, cancellationToken);
            if (user.HasGap(current) && user.Age < Patience)
            {
                // What is missing may come to another instance: then the store knows.
                if (user.Age > Patience / 2)
                    user.Inbox.Forget();
                lock (changed)
                    early.AddRange(user.Appends);
                return;
            }
            if (!await user.ApplyAsync(current, cancellationToken))
            {
                user.Done(current.Readers);
                return;
            }
            lock (changed)
                changed.Add((user, current.Readers));
        })));
        var again = new List<InboxAppends>();
        foreach (var part in Parts(changed))
        {
            if (!await TrySaveAsync(part, cancellationToken))
                again.AddRange(part.Select(save => save.User));
        }
        return again;
    }

    // One that was begun just now has no ETag that is known.
    private static async ValueTask<Inbox> CurrentAsync(StoredInbox inbox, CancellationToken cancellationToken)
    {
        var current = await inbox.GetAsync(cancellationToken);
        if (inbox.IsRemembered)
            return current;
        await inbox.RefreshAsync(cancellationToken);
        return await inbox.GetAsync(cancellationToken);
    }

    private async Task ReadAsync(List<InboxAppends> open, CancellationToken cancellationToken)
    {
        var isDoubtful = _writtenByOthers > OftenWritten;
        foreach (var part in open.Where(user => isDoubtful || !user.Inbox.IsRemembered).Chunk(ReadTogether))
        {
            var items = await dapr.GetBulkStateAsync(DaprNames.StateStore, [.. part.Select(user => user.Inbox.Key)], ReadTogether, cancellationToken: cancellationToken);
            var byKey = part.ToDictionary(user => user.Inbox.Key);
            foreach (var item in items)
            {
                // Nothing may mean an error, which the SDK does not tell: such an inbox is read by itself.
                var written = !string.IsNullOrEmpty(item.Value) && !string.IsNullOrEmpty(item.ETag)
                    && await byKey[item.Key].Inbox.AdoptAsync(item.Value, item.ETag, cancellationToken);
                Learn(written);
            }
        }
    }

    private async Task<bool> TrySaveAsync(List<Save> part, CancellationToken cancellationToken)
    {
        try
        {
            await dapr.ExecuteStateTransactionAsync(DaprNames.StateStore, [.. part.Select(save => save.Request)], cancellationToken: cancellationToken);
        }
        catch (DaprException)
        {
            // Which of them took place is not told. If the store is away, reading says so.
            ServiceMetrics.CountConflict("inbox");
            Learn(true);
            foreach (var save in part)
                save.User.Inbox.Forget();
            return false;
        }
        Learn(false);
        await Task.WhenAll(part.Select(save => TryAsync(save.User, async () =>
        {
            await save.User.Inbox.SavedAsync(save.Request, cancellationToken);
            save.User.Done(save.Readers);
        })));
        return true;
    }

    /// <summary>One inbox that cannot be read or written fails by itself; the others go on.</summary>
    private static async Task TryAsync(InboxAppends user, Func<Task> step)
    {
        try
        {
            await step();
        }
        catch (Exception exception)
        {
            GiveUp(user, exception);
        }
    }

    private static void GiveUp(InboxAppends user, Exception exception)
    {
        user.Inbox.Forget();
        user.Fail(exception);
    }

    private void Learn(bool writtenByOthers) => _writtenByOthers += ((writtenByOthers ? 1 : 0) - _writtenByOthers) * Weight;

    private IEnumerable<List<Save>> Parts(List<(InboxAppends User, InboxReaders Readers)> changed)
    {
        var part = new List<Save>();
        var bytes = 0;
        foreach (var (user, readers) in changed)
        {
            var request = user.Inbox.Save();
            if (part.Count > 0 && (part.Count == options.SavedTogether || bytes + request.Value!.Length > MaxBytes))
            {
                yield return part;
                part = [];
                bytes = 0;
            }
            part.Add(new Save(user, request, readers));
            bytes += request.Value!.Length;
        }
        if (part.Count > 0)
            yield return part;
    }

    private sealed record Save(InboxAppends User, StateTransactionRequest Request, InboxReaders Readers);
}
