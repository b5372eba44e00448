using ImDapr.Contracts;
using ImDapr.ServiceDefaults.Hosting;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.Net.Http.Headers;

namespace ImDapr.ServiceDefaults.Auth;

/// <summary>Where a token is read from, and problem details as the answer to one that is missing or bad.</summary>
internal static class AuthenticationProblems
{
    private static readonly Refusal NoToken = new(ErrorCodes.Unauthorized, "The access token is missing, expired or not valid.");
    private static readonly Refusal NoKeys = new(ErrorCodes.Unavailable, "Tokens cannot be checked now; the same call may be repeated.");
    private static readonly Refusal NotAllowed = new(ErrorCodes.Forbidden, "This token does not allow the call.");

    public static JwtBearerEvents Events() => new()
    {
        OnMessageReceived = ReceiveAsync,
        OnTokenValidated = KeepLittle,
        OnChallenge = ChallengeAsync,
        OnForbidden = context => NotAllowed.ToProblem().ExecuteAsync(context.HttpContext),
    };

    // A browser cannot set headers on a WebSocket. Only there: addresses end in logs, and a token should not.
    public static Task ReceiveAsync(MessageReceivedContext context)
    {
        if (context.Request.Path.StartsWithSegments("/hub") && context.Request.Query["access_token"] is [{ Length: > 0 } token])
            context.Token = token;
        return Task.CompletedTask;
    }

    // A hub connection keeps its user for hours: the token and all its claims would be some KiB of each.
    private static Task KeepLittle(TokenValidatedContext context)
    {
        context.Principal = TokenRules.Caller(context.Principal!);
        return Task.CompletedTask;
    }

    private static Task ChallengeAsync(JwtBearerChallengeContext context)
    {
        context.HandleResponse();
        if (context.AuthenticateFailure is KeysUnavailableException)
            return NoKeys.ToProblem().ExecuteAsync(context.HttpContext);
        context.Response.Headers[HeaderNames.WWWAuthenticate] = JwtBearerDefaults.AuthenticationScheme;
        return NoToken.ToProblem().ExecuteAsync(context.HttpContext);
    }
}
