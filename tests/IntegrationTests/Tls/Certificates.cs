using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace ImDapr.IntegrationTests.Tls;

/// <summary>An authority that nobody knows but who is told of it, a certificate of it for servers on 127.0.0.1, and one for a client: as files in PEM.</summary>
public sealed class Certificates : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("imdapr-certificates-").FullName;

    public Certificates()
    {
        using var authority = NewAuthority();
        Write(authority, Authority, null);
        Issue(authority, "CN=127.0.0.1", Server, ServerKey, request =>
        {
            var names = new SubjectAlternativeNameBuilder();
            names.AddIpAddress(IPAddress.Loopback);
            request.CertificateExtensions.Add(names.Build());
        });
        Issue(authority, "CN=client", Client, ClientKey, _ => { });
    }

    public string Authority => In("authority.pem");

    public string Client => In("client.pem");

    public string ClientKey => In("client.key");

    private string Server => In("server.pem");

    private string ServerKey => In("server.key");

    /// <param name="knowsClients">It lets in only who has a certificate too.</param>
    public string[] OfRedis(bool knowsClients = false) =>
    [
        "--tls-cert-file", Server, "--tls-key-file", ServerKey, "--tls-ca-cert-file", Authority, "--tls-auth-clients", knowsClients ? "yes" : "no",
    ];

    /// <summary>It speaks nothing else either.</summary>
    public string[] OfMariaDb() => [$"--ssl-cert={Server}", $"--ssl-key={ServerKey}", $"--ssl-ca={Authority}", "--require-secure-transport=ON"];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string In(string file) => Path.Combine(_folder, file);

    private static X509Certificate2 NewAuthority()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=Tests of ImDapr", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddDays(1));
    }

    private static void Issue(X509Certificate2 authority, string name, string file, string keyFile, Action<CertificateRequest> more)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
        more(request);
        using var issued = request.Create(authority, authority.NotBefore, authority.NotAfter, RandomNumberGenerator.GetBytes(8));
        using var pair = issued.CopyWithPrivateKey(key);
        Write(pair, file, keyFile);
    }

    private static void Write(X509Certificate2 certificate, string file, string? keyFile)
    {
        File.WriteAllText(file, certificate.ExportCertificatePem());
        if (keyFile is not null)
            File.WriteAllText(keyFile, certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
    }
}
