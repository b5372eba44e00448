using ImDapr.Contracts;
using ImDapr.ServiceDefaults.Auth;

namespace ImDapr.UserService.Tokens;

/// <summary>Public keys for the other services, where the standard handler looks for them.</summary>
public static class DiscoveryApi
{
    public static void MapDiscovery(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/.well-known/openid-configuration", () => new Dictionary<string, object>
        {
            ["issuer"] = TokenRules.Issuer,
            ["jwks_uri"] = $"http://{DaprNames.UserService}/.well-known/jwks.json",
            ["id_token_signing_alg_values_supported"] = new[] { TokenRules.Algorithm },
        });
        routes.MapGet("/.well-known/jwks.json", (SigningKeys keys) =>
        {
            var key = keys.PublicKey();
            return new Dictionary<string, object>
            {
                ["keys"] = new[] { new Dictionary<string, string> { ["kty"] = key.Kty, ["use"] = key.Use, ["alg"] = key.Alg, ["kid"] = key.Kid, ["crv"] = key.Crv, ["x"] = key.X, ["y"] = key.Y } },
            };
        });
    }
}
