using System.Security.Claims;

namespace ImDapr.ServiceDefaults.Auth;

/// <summary>Who calls, from the token. Only for callers that passed authorization: a claim that is missing there is a bug.</summary>
public static class ClaimsPrincipalExtensions
{
    public static string UserId(this ClaimsPrincipal user) => Required(user, TokenRules.UserIdClaim);

    public static string DeviceId(this ClaimsPrincipal user) => Required(user, TokenRules.DeviceIdClaim);

    public static string Platform(this ClaimsPrincipal user) => Required(user, TokenRules.PlatformClaim);

    private static string Required(ClaimsPrincipal user, string claim) =>
        user.FindFirst(claim)?.Value ?? throw new InvalidOperationException($"The token has no claim {claim}");
}
