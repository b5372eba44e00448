using System.Net.Sockets;
using Dapr;
using ImDapr.Contracts;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;

namespace ImDapr.ServiceDefaults.Hosting;

/// <summary>Turns what routes do not answer themselves into problem details: a body that does not parse, a sidecar or store that is away.</summary>
public sealed class ProblemExceptionHandler : IExceptionHandler
{
    /// <summary>Bad requests are the caller's business and not worth an error in the log.</summary>
    public static bool IsExpected(ExceptionHandlerSuppressDiagnosticsContext context) => context.Exception is BadHttpRequestException;

    public async ValueTask<bool> TryHandleAsync(HttpContext context, Exception exception, CancellationToken cancellationToken)
    {
        if (RefusalOf(exception) is not { } refusal)
            return false;
        await refusal.ToProblem().ExecuteAsync(context);
        return true;
    }

    /// <summary>The refusal that an outage or a malformed request amounts to; null for a bug.</summary>
    public static Refusal? RefusalOf(Exception exception) => exception switch
    {
        BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge } => new(ErrorCodes.TooLarge, "The request body is too large."),
        BadHttpRequestException bad => new(ErrorCodes.InvalidArgument, bad.InnerException?.Message ?? bad.Message),
        DaprException or DaprApiException or HttpRequestException or TimeoutException or IOException or SocketException
            or OperationCanceledException { InnerException: TimeoutException } =>
            new(ErrorCodes.Unavailable, "A part of the system is away; the same call may be repeated."),
        _ => null,
    };
}
