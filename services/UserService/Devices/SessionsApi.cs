using ImDapr.Contracts;
using ImDapr.ServiceDefaults.Hosting;
using ImDapr.UserService.Accounts;
using ImDapr.UserService.Telemetry;
using ImDapr.UserService.Tokens;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace ImDapr.UserService.Devices;

/// <summary>Signing in, and staying signed in.</summary>
public static class SessionsApi
{
    private static readonly Refusal WrongPassword = new(ErrorCodes.Unauthorized, "User id or password is wrong.");
    private static readonly Refusal WrongToken = new(ErrorCodes.Unauthorized, "The refresh token is not valid; sign in again.");

    public static void MapSessions(this IEndpointRouteBuilder routes)
    {
        var sessions = routes.MapGroup("/api/sessions").AllowAnonymous();
        sessions.MapPost("/", LoginAsync).Produces<SessionTokens>().ProducesProblem(StatusCodes.Status429TooManyRequests);
        sessions.MapPost("/refresh", RefreshAsync);
    }

    private static async Task<IResult> LoginAsync(
        LoginRequest request, SignInLimits limits, UserStore users, PasswordRules passwords, DeviceStore devices, TokenIssuer issuer,
        RefreshLifetime lifetime, CancellationToken cancellationToken)
    {
        if (Check(request) is { } refusal)
            return refusal.ToProblem();
        if (limits.Take(request.UserId!) is { Ticks: > 0 } wait)
            return RetryHint.Limited("Too many sign-ins of this user.", wait).ToProblem(wait);
        var hash = await users.PasswordHashAsync(request.UserId!, cancellationToken);
        var isRight = passwords.Matches(request.UserId!, hash, request.Password!);
        UserMetrics.CountLogin(isRight);
        if (!isRight)
            return WrongPassword.ToProblem();
        var refresh = RefreshToken.New(request.UserId!, request.DeviceId!);
        await devices.BeginAsync(refresh, request.Platform!, lifetime.End, cancellationToken);
        return TypedResults.Ok(issuer.Issue(request.UserId!, request.DeviceId!, request.Platform!, refresh));
    }

    private static async Task<Results<Ok<SessionTokens>, ProblemHttpResult>> RefreshAsync(
        RefreshRequest request, DeviceStore devices, TokenIssuer issuer, RefreshLifetime lifetime, SessionEnding ending, CancellationToken cancellationToken)
    {
        if (RefreshToken.TryParse(request.RefreshToken) is not { } token)
            return WrongToken.ToProblem();
        var session = await devices.FindAsync(token.UserId, token.DeviceId, cancellationToken);
        switch (RefreshRules.Judge(session, token.Hash, lifetime.Now))
        {
            case RefreshVerdict.Refuse:
                return WrongToken.ToProblem();
            case RefreshVerdict.Revoke:
                await ending.RevokeAsync(token.UserId, token.DeviceId, cancellationToken);
                return WrongToken.ToProblem();
        }
        var next = RefreshToken.New(token.UserId, token.DeviceId);
        return await devices.RotateAsync(token, next, lifetime.End, cancellationToken)
            ? TypedResults.Ok(issuer.Issue(token.UserId, token.DeviceId, session!.Platform, next))
            : WrongToken.ToProblem();
    }

    private static Refusal? Check(LoginRequest request)
    {
        if (!Ids.IsValid(request.UserId) || request.Password is null or { Length: > PasswordRules.MaxLength })
            return new Refusal(ErrorCodes.InvalidArgument, "userId and password are needed.");
        if (!Ids.IsValid(request.DeviceId))
            return new Refusal(ErrorCodes.InvalidArgument, "deviceId is needed: 1 to 64 letters, digits, dots, underscores or hyphens.");
        return Platforms.All.Contains(request.Platform) ? null
            : new Refusal(ErrorCodes.InvalidArgument, $"platform is needed: one of {string.Join(", ", Platforms.All)}.");
    }
}

public enum RefreshVerdict
{
    Rotate,
    Refuse,
    Revoke,
}

/// <summary>What a presented refresh token deserves.</summary>
public static class RefreshRules
{
    /// <summary>The current token rotates; the one before it was copied, so the session ends; anything else is refused and changes nothing.</summary>
    public static RefreshVerdict Judge(DeviceSessionRow? session, string hash, DateTimeOffset now)
    {
        if (session is null || session.RefreshHash.Length == 0)
            return RefreshVerdict.Refuse;
        if (hash == session.UsedHash)
            return RefreshVerdict.Revoke;
        return hash == session.RefreshHash && now.ToUnixTimeMilliseconds() < session.RefreshExpiresAt ? RefreshVerdict.Rotate : RefreshVerdict.Refuse;
    }
}

/// <summary>Until when a refresh token that is made now works.</summary>
public sealed class RefreshLifetime(IOptions<AccessTokenOptions> options, TimeProvider time)
{
    public DateTimeOffset Now => time.GetUtcNow();

    public DateTimeOffset End => Now.AddDays(options.Value.RefreshLifetimeDays);
}
