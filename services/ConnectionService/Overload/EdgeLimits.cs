using ImDapr.Contracts;
using ImDapr.ServiceDefaults.Auth;
using ImDapr.ServiceDefaults.Hosting;
using ImDapr.ServiceDefaults.Limiting;
using Microsoft.Extensions.Options;

namespace ImDapr.ConnectionService.Overload;

/// <summary>Refuses REST calls beyond the rate of their user, or of their address when nobody has signed in.</summary>
public sealed class EdgeLimits(IOptions<RateLimitOptions> options, TimeProvider time)
{
    private readonly TokenBuckets _users = new(options.Value.RestCalls, time);
    private readonly TokenBuckets _addresses = new(options.Value.AnonymousCalls, time);

    public Task CheckAsync(HttpContext context, RequestDelegate next)
    {
        if (!context.Request.Path.StartsWithSegments("/api") || Take(context) is not { Ticks: > 0 } wait)
            return next(context);
        return RetryHint.Limited("Too many calls.", wait).ToProblem(wait).ExecuteAsync(context);
    }

    private TimeSpan Take(HttpContext context) => context.User.Identity is { IsAuthenticated: true }
        ? _users.Take(context.User.UserId())
        : _addresses.Take($"{context.Connection.RemoteIpAddress}");
}
