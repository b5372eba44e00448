using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ImDapr.LocalDapr.Resources;

namespace ImDapr.LocalDapr.Bindings;

/// <summary>The TLS metadata of <c>bindings.http</c>: whom it trusts, and who it is.</summary>
internal static class HttpBindingTls
{
    /// <exception cref="ComponentException">A certificate, or a word for renegotiation, cannot be read.</exception>
    public static async Task<SslClientAuthenticationOptions> ReadAsync(ComponentSpec spec, CancellationToken cancellationToken)
    {
        var options = new SslClientAuthenticationOptions
        {
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            AllowRenegotiation = spec.Find("mtlsRenegotiation") switch
            {
                null or "RenegotiateNever" => false,
                "RenegotiateOnceAsClient" or "RenegotiateFreelyAsClient" => true,
                _ => throw spec.Invalid("mtlsRenegotiation", "RenegotiateNever, RenegotiateOnceAsClient or RenegotiateFreelyAsClient"),
            },
        };
        if (await PemAsync(spec, "mtlsRootCA", cancellationToken) is { } root)
            options.CertificateChainPolicy = Trust(Read(spec, "mtlsRootCA", root));
        // One without the other is ignored.
        if (spec.Find("mtlsClientCert") is not null && spec.Find("mtlsClientKey") is not null)
        {
            var certificate = await PemAsync(spec, "mtlsClientCert", cancellationToken);
            var key = await PemAsync(spec, "mtlsClientKey", cancellationToken);
            options.ClientCertificateContext = Identity(spec, certificate!, key!);
        }
        return options;
    }

    private static X509ChainPolicy Trust(X509Certificate2Collection roots)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.AddRange(roots);
        return policy;
    }

    private static SslStreamCertificateContext Identity(ComponentSpec spec, string certificate, string key)
    {
        try
        {
            return SslStreamCertificateContext.Create(
                X509Certificate2.CreateFromPem(certificate, key), Read(spec, "mtlsClientCert", certificate), offline: true);
        }
        catch (CryptographicException error)
        {
            throw new ComponentException($"{spec.File}: component {spec.Name} ({spec.Type}): failed to load client certificate: {error.Message}", error);
        }
    }

    private static X509Certificate2Collection Read(ComponentSpec spec, string name, string pem)
    {
        var certificates = new X509Certificate2Collection();
        certificates.ImportFromPem(pem);
        return certificates.Count > 0 ? certificates : throw Unusable(spec, name, null);
    }

    // The text itself, or the path of a file with it.
    private static async Task<string?> PemAsync(ComponentSpec spec, string name, CancellationToken cancellationToken)
    {
        if (spec.Find(name) is not { } value || PemEncoding.TryFind(value, out _))
            return spec.Find(name);
        try
        {
            return await File.ReadAllTextAsync(Path.Combine(spec.WorkingFolder, value), cancellationToken);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw Unusable(spec, name, error);
        }
    }

    // The value stays out of the message: it may be a key.
    private static ComponentException Unusable(ComponentSpec spec, string name, Exception? inner) => new(
        $"{spec.File}: component {spec.Name} ({spec.Type}): metadata '{name}' is neither the path of a file with PEM in it nor PEM itself", inner);
}
