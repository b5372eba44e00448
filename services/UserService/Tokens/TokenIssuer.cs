using System.Security.Cryptography;
using System.Text;
using ImDapr.Contracts;
using ImDapr.ServiceDefaults.Auth;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace ImDapr.UserService.Tokens;

/// <summary>A refresh token: whose it is, and a secret of 256 bits. Only the secret's hash is stored.</summary>
public sealed record RefreshToken(string UserId, string DeviceId, string Secret)
{
    public static RefreshToken New(string userId, string deviceId) =>
        new(userId, deviceId, Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32)));

    public string Hash => Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(Secret)));

    // A colon occurs in no id.
    public string Text => $"{UserId}:{DeviceId}:{Secret}";

    public static RefreshToken? TryParse(string? text) => (text ?? "").Split(':') is [var user, var device, { Length: 64 } secret] && Ids.IsValid(user) && Ids.IsValid(device)
        ? new RefreshToken(user, device, secret)
        : null;
}

/// <summary>Access tokens.</summary>
public sealed class TokenIssuer(SigningKeys keys, IOptions<AccessTokenOptions> options, TimeProvider time)
{
    private static readonly JsonWebTokenHandler Handler = new() { SetDefaultTimesOnTokenCreation = false };

    public SessionTokens Issue(string userId, string deviceId, string platform, RefreshToken refresh)
    {
        var now = time.GetUtcNow().UtcDateTime;
        var access = Handler.CreateToken(new SecurityTokenDescriptor
        {
            Issuer = TokenRules.Issuer,
            Audience = TokenRules.Audience,
            // No "not before": tokens of an instance whose clock runs ahead would be refused by all others.
            IssuedAt = now,
            Expires = now.AddSeconds(options.Value.AccessLifetimeSeconds),
            Claims = new Dictionary<string, object>
            {
                [TokenRules.UserIdClaim] = userId,
                [TokenRules.DeviceIdClaim] = deviceId,
                [TokenRules.PlatformClaim] = platform,
                [JwtRegisteredClaimNames.Jti] = Guid.NewGuid().ToString("N"),
            },
            SigningCredentials = new SigningCredentials(keys.Key, TokenRules.Algorithm),
        });
        return new SessionTokens(access, refresh.Text, options.Value.AccessLifetimeSeconds);
    }
}
