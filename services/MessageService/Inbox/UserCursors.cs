using ImDapr.Contracts;
using ImDapr.MessageService.Entities;
using ImDapr.MessageService.Receipts;

namespace ImDapr.MessageService.Inbox;

/// <summary>How far the devices of one user have acknowledged its inbox, and what follows from it.</summary>
public sealed class UserCursors(
    string userId, StoredInbox inbox, IMessageStore messages, DeliveredMarks marks, InboxOptions options, TimeProvider time)
{
    /// <summary>Why a position cannot be acknowledged, or null.</summary>
    public async Task<Refusal?> CheckAsync(long position, CancellationToken cancellationToken)
    {
        // What was appended since is not known here.
        if (position > (await inbox.GetAsync(cancellationToken)).Head)
            await inbox.RefreshAsync(cancellationToken);
        var head = (await inbox.GetAsync(cancellationToken)).Head;
        return position < 0 || position > head ? new Refusal(ErrorCodes.InvalidArgument, $"position is between 0 and {head}.") : null;
    }

    /// <summary>Changes devices that belong to the inbox as it is now.</summary>
    public void Change(Devices all, string epoch, Action<Devices, long> change)
    {
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        all.Enter(epoch);
        change(all, now);
        all.DropUnseenSince(now - (long)TimeSpan.FromDays(options.DeviceAwayDays).TotalMilliseconds);
    }

    /// <summary>
    /// Tells of cursors that have risen: entities that all devices have are released, what any device has is delivered, and what needs not be
    /// kept goes. In this order, so that a crash repeats and never skips.
    /// </summary>
    public async Task SettleAsync(Devices all, CancellationToken cancellationToken)
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
                marks.Raise(userId, all.ById.Count > 1, entries);
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
}
