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

    private static bool IsAlive(DateTime now, DateTime? notBefore, DateTime? expires, TimeSpan skew) =>
        expires is { } end && now < end + skew && (notBefore is not { } begin || now >= begin - skew);
}
