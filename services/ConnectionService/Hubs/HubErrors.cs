using ImDapr.Contracts;
using ImDapr.ServiceDefaults.Hosting;
using Microsoft.AspNetCore.SignalR;

namespace ImDapr.ConnectionService.Hubs;

/// <summary>An outage becomes <c>unavailable</c>, in one place; a bug too, and is logged.</summary>
public sealed partial class HubErrors(ILogger<HubErrors> logger) : IHubFilter
{
    public async ValueTask<object?> InvokeMethodAsync(HubInvocationContext invocationContext, Func<HubInvocationContext, ValueTask<object?>> next)
    {
        try
        {
            return await next(invocationContext);
        }
        catch (Exception exception) when (exception is not HubException)
        {
            if (!invocationContext.Context.ConnectionAborted.IsCancellationRequested)
                LogFailed(exception, invocationContext.HubMethodName, ProblemExceptionHandler.RefusalOf(exception) is null ? "a bug" : "an outage");
            throw new HubException(new Refusal(ErrorCodes.Unavailable, "A part of the system is away; the same call may be repeated.").ToString());
        }
    }

    [LoggerMessage(2001, LogLevel.Error, "{Method} failed by {Cause}")]
    private partial void LogFailed(Exception exception, string method, string cause);
}
