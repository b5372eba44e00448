using System.Security.Claims;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.IdentityModel.Tokens;

namespace ImDapr.ServiceDefaults.Auth;

/// <summary>What an access token looks like, the same for who issues it and who checks it.</summary>
public static class TokenRules
{
    public const string Issuer = "imdapr";
    public const string Audience = "imdapr";
    public const string Algorithm = SecurityAlgorithms.EcdsaSha256;

    public const string UserIdClaim = "sub";
    public const string DeviceIdClaim = "did";
    public const string PlatformClaim = "platform";

    /// <summary>How a token is checked; the keys are added by who knows them. Time is injected, so the check follows the same clock as the issuer.</summary>
    public static TokenValidationParameters Validation(TimeProvider time, TokenCheckOptions options) => new()
    {
        ValidIssuer = Issuer,
        ValidAudience = Audience,
        ValidAlgorithms = [Algorithm],
        NameClaimType = UserIdClaim,
        ClockSkew = options.ClockSkew,
        LifetimeValidator = (notBefore, expires, _, parameters) => IsAlive(time.GetUtcNow().UtcDateTime, notBefore, expires, parameters.ClockSkew),
    };

    /// <summary>The caller with those claims of a checked token that anybody here asks for.</summary>
    public static ClaimsPrincipal Caller(ClaimsPrincipal checkedUser) => new(new ClaimsIdentity(
        new[] { UserIdClaim, DeviceIdClaim, PlatformClaim }
            .Select(type => (type, checkedUser.FindFirst(type)?.Value))
            .Where(claim => claim.Value is not null)
            .Select(claim => new Claim(claim.type, claim.Value!)),
        JwtBearerDefaults.AuthenticationScheme, UserIdClaim, null));

    private static bool IsAlive(DateTime now, DateTime? notBefore, DateTime? expires, TimeSpan skew) =>
        expires is { } end && now < end + skew && (notBefore is not { } begin || now >= begin - skew);
}
