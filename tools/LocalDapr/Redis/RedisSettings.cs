using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ImDapr.LocalDapr.Resources;
using StackExchange.Redis;

namespace ImDapr.LocalDapr.Redis;

/// <summary>The connection metadata that Dapr's Redis components share, as settings of the client.</summary>
internal static class RedisSettings
{
    private static readonly TimeSpan Millisecond = TimeSpan.FromMilliseconds(1);
    // Connections of components do not subscribe to channels: without these commands the client opens no second socket.
    private static readonly HashSet<string> Channels = ["SUBSCRIBE", "UNSUBSCRIBE", "PSUBSCRIBE", "PUNSUBSCRIBE", "SSUBSCRIBE", "SUNSUBSCRIBE"];
    private static readonly string[] Unsupported = ["failover", "useEntraID", "useAzureAD", "useOIDC"];

    /// <exception cref="ComponentException">Metadata is missing, or asks for what LocalDapr cannot do.</exception>
    public static ConfigurationOptions Read(ComponentSpec spec)
    {
        RefuseUnsupported(spec);
        var (host, port) = HostAndPort(spec);
        var timeout = (int)spec.Duration("readTimeout", TimeSpan.FromSeconds(3), Millisecond).TotalMilliseconds;
        var options = new ConfigurationOptions
        {
            EndPoints = { { host, port } },
            User = spec.Find("redisUsername"),
            Password = spec.Find("redisPassword"),
            DefaultDatabase = spec.Integer("redisDB", 0),
            ConnectTimeout = (int)spec.Duration("dialTimeout", TimeSpan.FromSeconds(5), Millisecond).TotalMilliseconds,
            AsyncTimeout = timeout,
            SyncTimeout = timeout,
            // A server that is away is tried again soon; what is asked meanwhile fails at once, as a dial that is refused does in Go's client.
            ReconnectRetryPolicy = new LinearRetry(250),
            BacklogPolicy = BacklogPolicy.FailFast,
            // One socket for everything, and answers in the shapes that RedisStream reads.
            Protocol = RedisProtocol.Resp2,
            // For INFO, which tells how many replicas a strong write waits for.
            AllowAdmin = true,
            CommandMap = CommandMap.Create(Channels, available: false),
            ClientName = $"{spec.AppId}-{spec.Name}",
        };
        Secure(options, spec);
        return options;
    }

    /// <exception cref="ComponentException">The server does not answer: as with daprd, the component does not start.</exception>
    public static async Task<ConnectionMultiplexer> ConnectAsync(ComponentSpec spec, ConfigurationOptions options, CancellationToken cancellationToken)
    {
        try
        {
            return await ConnectionMultiplexer.ConnectAsync(options).WaitAsync(cancellationToken);
        }
        catch (RedisException error)
        {
            throw new ComponentException(
                $"{spec.File}: component {spec.Name} ({spec.Type}): error connecting to redis at {spec.Find("redisHost")}: {error.Message}", error);
        }
    }

    private static void RefuseUnsupported(ComponentSpec spec)
    {
        if (spec.Find("redisType") is { } type && type != "node")
            throw spec.Invalid("redisType", "'node', the only one that LocalDapr knows");
        foreach (var name in Unsupported.Where(name => spec.Flag(name)))
            throw spec.Invalid(name, "false: LocalDapr does not know it");
    }

    private static (string Host, int Port) HostAndPort(ComponentSpec spec)
    {
        var address = spec.Require("redisHost");
        var port = spec.Integer("redisPort", 6379);
        if (!address.Contains(':'))
            return (address, port);
        if (!Uri.TryCreate($"redis://{address}", UriKind.Absolute, out var parsed) || parsed.Port < 0 || parsed.AbsolutePath.Length > 1)
            throw spec.Invalid("redisHost", "host:port of one server");
        if (spec.Find("redisPort") is not null && port != parsed.Port)
            throw spec.Invalid("redisPort", $"the port of redisHost ({parsed.Port}), or nothing");
        return (parsed.Host.Trim('[', ']'), parsed.Port);
    }

    private static void Secure(ConfigurationOptions options, ComponentSpec spec)
    {
        if (!spec.Flag("enableTLS"))
            return;
        options.Ssl = true;
        options.SslHost = options.EndPoints[0] is DnsEndPoint name ? name.Host : null;
        if (spec.Flag("insecureSkipTLSVerify"))
            options.CertificateValidation += (_, _, _, _) => true;
        if (spec.Find("clientCert") is { } certificate && spec.Find("clientKey") is { } key)
        {
            var pair = Pair(spec, certificate, key);
            options.CertificateSelection += (_, _, _, _, _) => pair;
        }
    }

    private static X509Certificate2 Pair(ComponentSpec spec, string certificate, string key)
    {
        try
        {
            return X509Certificate2.CreateFromPem(certificate, key);
        }
        catch (CryptographicException unreadable)
        {
            throw new ComponentException(
                $"{spec.File}: component {spec.Name} ({spec.Type}): clientCert and clientKey are no pair in PEM: {unreadable.Message}", unreadable);
        }
    }
}
