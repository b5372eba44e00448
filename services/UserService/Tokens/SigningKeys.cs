using System.Security.Cryptography;
using ImDapr.ServiceDefaults.Sql;
using Microsoft.IdentityModel.Tokens;

namespace ImDapr.UserService.Tokens;

/// <summary>The key pair that signs access tokens: made at the first start, the first instance wins, read by all (docs/decisions/0003).</summary>
public sealed class SigningKeys(SqlClient sql, TimeProvider time) : IHostedLifecycleService
{
    private ECDsaSecurityKey? _key;

    /// <exception cref="InvalidOperationException">Asked for before the service has started.</exception>
    public ECDsaSecurityKey Key => _key ?? throw new InvalidOperationException("The signing key is read when the service starts");

    /// <summary>The public half, as it stands in a JWKS.</summary>
    public JsonWebKey PublicKey()
    {
        using var pair = ECDsa.Create(Key.ECDsa.ExportParameters(includePrivateParameters: false));
        var key = JsonWebKeyConverter.ConvertFromECDsaSecurityKey(new ECDsaSecurityKey(pair) { KeyId = Key.KeyId });
        (key.Use, key.Alg) = ("sig", SecurityAlgorithms.EcdsaSha256);
        return key;
    }

    // After the migrations, which are registered before it, and before anybody can ask for a token.
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        using var fresh = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        await sql.InsertNewAsync(
            "signing_keys", ["slot", "key_id", "private_key", "created_at"],
            [[1, Guid.NewGuid().ToString("N"), Convert.ToBase64String(fresh.ExportPkcs8PrivateKey()), time.GetUtcNow().ToUnixTimeMilliseconds()]],
            cancellationToken);
        var rows = await sql.QueryAsync("SELECT key_id, private_key FROM signing_keys WHERE slot = 1", [], cancellationToken);
        var pair = ECDsa.Create();
        pair.ImportPkcs8PrivateKey(Convert.FromBase64String(rows[0].String("private_key")), out _);
        _key = new ECDsaSecurityKey(pair) { KeyId = rows[0].String("key_id") };
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
