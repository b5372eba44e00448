using ImDapr.Contracts;
using ImDapr.ServiceDefaults.Actors;
using ImDapr.ServiceDefaults.Hosting;

namespace ImDapr.MessageService.Inbox;

/// <summary>
/// A device without a socket reads its inbox: at once when there is something, else when there is, else nothing after a while, or when this instance
/// leaves.
/// </summary>
public sealed class InboxPoll(UserActorClient actors, InboxWaiters waiters, Draining draining, TimeProvider time)
{
    public const int MaxWaitSeconds = 60;

    // A word may be lost, and an actor that was moved knows of nobody who waits: then it takes this long.
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(15);

    public async Task<Answer<SyncPage>> ReadAsync(
        string userId, PollingDevice device, SyncRequest request, TimeSpan wait, CancellationToken cancellationToken)
    {
        using var waiter = waiters.Begin(userId, device.DeviceId);
        if (waiter is null)
            return Answer<SyncPage>.Refused(ErrorCodes.Unavailable, "Too many devices wait here; try again.");
        for (var end = time.GetUtcNow() + wait; ;)
        {
            var left = end - time.GetUtcNow();
            var polling = device with { WaitMilliseconds = Math.Max(0, (long)left.TotalMilliseconds) };
            var answer = await actors.SyncAsync(userId, new ActorSync(null, request, polling), cancellationToken);
            if (answer.Value is not { Entries.Length: 0, Reset: false } || left <= TimeSpan.Zero || draining.HasBegun)
                return answer;
            await WaitAsync(waiter, left < LookAgain ? left : LookAgain, cancellationToken);
            if (waiter.IsSuperseded)
                return Answer<SyncPage>.Refused(ErrorCodes.Conflict, "A newer poll of this device has taken over.");
        }
    }

    private async Task WaitAsync(InboxWaiter waiter, TimeSpan most, CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(draining.Began, cancellationToken);
        await waiter.WaitAsync(most, either.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
    }
}
