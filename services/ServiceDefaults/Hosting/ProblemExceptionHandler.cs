using System.Net.Sockets;
using Dapr;
using ImDapr.Contracts;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace ImDapr.ServiceDefaults.Hosting;

/// <summary>
/// Turns what routes do not answer themselves into problem details: a body that does not parse or is of a newer version, a sidecar or store that is away.
/// </summary>
public sealed partial class ProblemExceptionHandler(ILogger<ProblemExceptionHandler> logger) : IExceptionHandler
{
    // A client reads why it was refused; of an event only the log tells.
    private static readonly PathString Events = "/events";

    /// <summary>What is answered with a refusal is no bug: no error in the log, and no stack trace for each of the thousands that an outage brings.</summary>
    public static bool IsExpected(ExceptionHandlerSuppressDiagnosticsContext context) => RefusalOf(context.Exception) is not null;

    public async ValueTask<bool> TryHandleAsync(HttpContext context, Exception exception, CancellationToken cancellationToken)
    {
        if (RefusalOf(exception) is not { } refusal)
            return false;
        if (refusal.Code == ErrorCodes.Unavailable)
            LogAway(context.Request.Path, exception.GetBaseException().Message);
        else if (refusal.Code == ErrorCodes.UnknownVersion || context.Request.Path.StartsWithSegments(Events))
            LogRefused(context.Request.Path, refusal.Message);
        await refusal.ToProblem().ExecuteAsync(context);
        return true;
    }

    /// <summary>The refusal that an outage or a malformed request amounts to; null for a bug.</summary>
    public static Refusal? RefusalOf(Exception exception) => exception switch
    {
        BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge } => new(ErrorCodes.TooLarge, "The request body is too large."),
        UnknownVersionException newer => newer.Refusal,
        BadHttpRequestException bad => new(ErrorCodes.InvalidArgument, bad.InnerException?.Message ?? bad.Message),
        DaprException or DaprApiException or HttpRequestException or TimeoutException or IOException or SocketException
            or OperationCanceledException { InnerException: TimeoutException } =>
            new(ErrorCodes.Unavailable, "A part of the system is away; the same call may be repeated."),
        _ => null,
    };

    [LoggerMessage(130, LogLevel.Warning, "{Path} was answered with unavailable: {Why}")]
    private partial void LogAway(string path, string why);

    [LoggerMessage(131, LogLevel.Warning, "{Path} was refused: {Why}")]
    private partial void LogRefused(string path, string why);
}
