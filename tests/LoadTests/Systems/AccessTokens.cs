using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using MySqlConnector;

namespace ImDapr.LoadTests.Systems;

/// <summary>Access tokens as user-service issues them (ES256, docs/decisions/0003), signed with the key that it keeps in its table.</summary>
internal sealed class AccessTokens : IDisposable
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(12);
    private readonly ECDsa _key;
    private readonly string _header;

    private AccessTokens(ECDsa key, string keyId) =>
        (_key, _header) = (key, Encode(JsonSerializer.SerializeToUtf8Bytes(new { alg = "ES256", kid = keyId, typ = "JWT" })));

    public static async Task<AccessTokens> ReadKeyAsync(string database, CancellationToken cancellationToken)
    {
        await using var connection = new MySqlConnection(database);
        await connection.OpenAsync(cancellationToken);
        await using var command = new MySqlCommand("SELECT key_id, private_key FROM signing_keys WHERE slot = 1", connection);
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        if (!await row.ReadAsync(cancellationToken))
            throw new InvalidOperationException("user-service has no signing key: it has not started");
        var key = ECDsa.Create();
        key.ImportPkcs8PrivateKey(Convert.FromBase64String(row.GetString(1)), out _);
        return new AccessTokens(key, row.GetString(0));
    }

    public string Issue(string userId)
    {
        var now = DateTimeOffset.UtcNow;
        var claims = new
        {
            iss = "imdapr",
            aud = "imdapr",
            iat = now.ToUnixTimeSeconds(),
            exp = now.Add(Lifetime).ToUnixTimeSeconds(),
            sub = userId,
            did = "d1",
            platform = "web",
            jti = Guid.NewGuid().ToString("N"),
        };
        var signed = $"{_header}.{Encode(JsonSerializer.SerializeToUtf8Bytes(claims))}";
        return $"{signed}.{Encode(_key.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256))}";
    }

    public void Dispose() => _key.Dispose();

    private static string Encode(byte[] bytes) => Base64Url.EncodeToString(bytes);
}
