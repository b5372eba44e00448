using ImDapr.Contracts;
using ImDapr.ServiceDefaults.Hosting;
using Microsoft.AspNetCore.SignalR;
using StackExchange.Redis;

namespace ImDapr.ConnectionService.Hubs;

/// <summary>The one place where what goes wrong in a hub method becomes a hub error with a code.</summary>
public sealed partial class HubErrors(ILogger<HubErrors> logger)
{
    private const string Sentence = "A part of the system is away; the same call may be repeated.";

    /// <summary>A sidecar, a service, a store or the backplane is away or too slow: expected now and then, and the caller may try again.</summary>
    public static bool IsOutage(Exception exception) =>
        exception is OperationCanceledException or RedisException || ProblemExceptionHandler.RefusalOf(exception)?.Code == ErrorCodes.Unavailable;

    /// <summary>Logs what went wrong.</summary>
    /// <returns>What the caller is told.</returns>
    public HubException Refuse(Exception exception, HubInvocationContext invocation)
    {
        Report(exception, invocation);
        return HubCaller.Refused(ErrorCodes.Unavailable, Sentence);
    }

    private void Report(Exception exception, HubInvocationContext invocation)
    {
        if (invocation.Context.ConnectionAborted.IsCancellationRequested)
            LogGone(invocation.HubMethodName, invocation.Context.ConnectionId);
        else if (IsOutage(exception))
            LogOutage(exception, invocation.HubMethodName, invocation.Context.UserIdentifier);
        else
            LogBug(exception, invocation.HubMethodName, invocation.Context.UserIdentifier);
    }

    [LoggerMessage(2003, LogLevel.Debug, "{Method} of {ConnectionId} was given up: the connection is gone")]
    private partial void LogGone(string method, string connectionId);

    [LoggerMessage(2004, LogLevel.Warning, "{Method} of {UserId} is answered with unavailable")]
    private partial void LogOutage(Exception outage, string method, string? userId);

    [LoggerMessage(2005, LogLevel.Error, "{Method} of {UserId} failed unexpectedly")]
    private partial void LogBug(Exception bug, string method, string? userId);
}
