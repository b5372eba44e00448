using System.Threading.RateLimiting;
using ImDapr.ConnectionService.Hubs;
using ImDapr.Contracts;
using ImDapr.ServiceDefaults.Limiting;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.Options;

namespace ImDapr.ConnectionService.Overload;

/// <summary>
/// Refuses hub calls beyond the rates of their connection and user before anything is done for them, and lets only so many be worked on at once.
/// </summary>
public sealed class HubLimits(IOptions<RateLimitOptions> options, TimeProvider time) : IDisposable
{
    private readonly Rate _calls = options.Value.Calls;
    private readonly TokenBuckets _sends = new(options.Value.Sends, time);

    // Without it a node that everybody comes back to at once would hold a page for each of them.
    private readonly ConcurrencyLimiter _inFlight = new(new ConcurrencyLimiterOptions
    {
        PermitLimit = options.Value.CallsInFlight,
        QueueLimit = options.Value.CallsWaiting,
        QueueProcessingOrder = QueueProcessingOrder.OldestFirst,
    });

    /// <returns>The call's turn, to be given back; null for one that needs none.</returns>
    /// <exception cref="HubException">It is one too many.</exception>
    public ValueTask<RateLimitLease?> EnterAsync(HubInvocationContext invocation)
    {
        var isSend = invocation.HubMethodName == nameof(ImHub.Send);
        if (RefusalOf(invocation.Context, isSend) is { } refusal)
            throw new HubException(refusal.ToString());
        // These wait in a queue that is bounded itself and works on many at a time.
        return isSend || invocation.HubMethodName == nameof(ImHub.Ack) ? default : WaitAsync(invocation.Context);
    }

    /// <summary>Sessions are opened in their turn, too. One that finds no place is closed again and comes back later.</summary>
    public async Task ConnectAsync(HubLifetimeContext context, Func<HubLifetimeContext, Task> next)
    {
        using var turn = await TurnAsync(context.Context);
        if (turn.IsAcquired)
            await next(context);
        else
            context.Context.Abort();
    }

    public void Dispose() => _inFlight.Dispose();

    private Refusal? RefusalOf(HubCallerContext caller, bool isSend)
    {
        if (_calls.IsLimited && BucketOf(caller).Take() is { Ticks: > 0 } wait)
            return RetryHint.Limited("Too many calls on this connection.", wait);
        return isSend && _sends.Take(caller.UserIdentifier!) is { Ticks: > 0 } pause
            ? RetryHint.Limited("Too many messages of this user.", pause)
            : null;
    }

    // Before a call waits for anything, so one at a time for a connection: nobody else adds it meanwhile.
    private TokenBucket BucketOf(HubCallerContext caller) => caller.Connection().Calls ??= new TokenBucket(_calls, time);

    private async ValueTask<RateLimitLease?> WaitAsync(HubCallerContext caller)
    {
        var turn = await TurnAsync(caller);
        if (turn.IsAcquired)
            return turn;
        turn.Dispose();
        throw HubCaller.Refused(ErrorCodes.Unavailable, "Too many calls wait for their turn; try again.");
    }

    private ValueTask<RateLimitLease> TurnAsync(HubCallerContext caller) => _inFlight.AcquireAsync(1, caller.ConnectionAborted);
}
