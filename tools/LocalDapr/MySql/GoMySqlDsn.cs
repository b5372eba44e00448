using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.RegularExpressions;
using ImDapr.LocalDapr.Resources;
using MySqlConnector;

namespace ImDapr.LocalDapr.MySql;

/// <summary>
/// A data source name as Go's MySQL driver reads it: <c>[user[:password]@][net[(address)]]/database[?name=value&amp;…]</c>.
/// A parameter that would change behaviour in a way that LocalDapr does not follow is refused.
/// </summary>
internal sealed partial class GoMySqlDsn
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly ComponentSpec _spec;
    private readonly string _metadata;

    private GoMySqlDsn(ComponentSpec spec, string metadata) => (_spec, _metadata) = (spec, metadata);

    public bool MultiStatements { get; private set; }

    /// <summary>
    /// Checks the server's certificate as Go does: its name and its authority. It asks nobody whether the certificate was revoked, as the driver's own modes
    /// would. Null: it is not checked.
    /// </summary>
    public RemoteCertificateValidationCallback? Verify { get; private set; }

    public MySqlConnectionStringBuilder Settings { get; } = new()
    {
        CharacterSet = "utf8mb4",
        // Rows affected are rows changed, unless the DSN says clientFoundRows.
        UseAffectedRows = true,
        // Values as the server has them: no flag for TINYINT(1), no Guid for CHAR(36), the zero date as Go's zero time.
        TreatTinyAsBoolean = false,
        GuidFormat = MySqlGuidFormat.None,
        ConvertZeroDateTime = true,
        DateTimeKind = MySqlDateTimeKind.Utc,
        AllowUserVariables = true,
        // The driver has no limit for a statement; the caller's cancellation has.
        DefaultCommandTimeout = 0,
        // The driver takes a connection from its pool as it was left, and so saves a round trip.
        ConnectionReset = false,
        SslMode = MySqlSslMode.None,
        AllowPublicKeyRetrieval = true,
    };

    /// <summary>A connection by itself, not from a pool.</summary>
    public MySqlConnection Connection() => new(new MySqlConnectionStringBuilder(Settings.ConnectionString) { Pooling = false }.ConnectionString)
    {
        RemoteCertificateValidationCallback = Verify,
    };

    /// <summary>A pool of connections.</summary>
    public MySqlDataSource Source()
    {
        var source = new MySqlDataSourceBuilder(Settings.ConnectionString);
        if (Verify is not null)
            source.UseRemoteCertificateValidationCallback(Verify);
        return source.Build();
    }

    /// <param name="spec">Component that has it.</param>
    /// <param name="metadata">Name of the metadata that holds it.</param>
    public static GoMySqlDsn Parse(ComponentSpec spec, string metadata)
    {
        var dsn = new GoMySqlDsn(spec, metadata);
        var match = Form().Match(spec.Require(metadata));
        if (!match.Success)
            throw dsn.Unreadable();
        dsn.Settings.UserID = match.Groups["user"].Value;
        dsn.Settings.Password = match.Groups["password"].Value;
        dsn.Settings.Database = Uri.UnescapeDataString(match.Groups["database"].Value);
        dsn.ReadAddress(match.Groups["net"].Value, match.Groups["address"].Value);
        foreach (var pair in match.Groups["parameters"].Value.Split('&', StringSplitOptions.RemoveEmptyEntries))
            dsn.ReadParameter(pair.Split('=', 2));
        return dsn;
    }

    private void ReadAddress(string net, string address)
    {
        if (net == "unix")
        {
            Settings.Server = address.Length > 0 ? address : "/tmp/mysql.sock";
            Settings.ConnectionProtocol = MySqlConnectionProtocol.UnixSocket;
            return;
        }
        if (net is not ("" or "tcp"))
            throw Unreadable();
        var colon = address.LastIndexOf(':');
        var hasPort = colon > address.LastIndexOf(']');
        Settings.Server = address.Length == 0 ? "127.0.0.1" : (hasPort ? address[..colon] : address).Trim('[', ']');
        Settings.Port = hasPort && uint.TryParse(address[(colon + 1)..], out var port) ? port : 3306;
    }

    private void ReadParameter(string[] pair)
    {
        var (name, value) = (pair[0], Uri.UnescapeDataString(pair.ElementAtOrDefault(1) ?? ""));
        switch (name)
        {
            // Either the same here, or without an effect that a caller could see.
            case "parseTime" or "interpolateParams" or "checkConnLiveness" or "allowNativePasswords" or "maxAllowedPacket" or "connectionAttributes":
            case "readTimeout" or "writeTimeout":
            case "charset" when value.Split(',')[0] is "utf8mb4":
            case "loc" when value == "UTC":
            case "rejectReadOnly" or "columnsWithAlias" or "allowOldPasswords" or "allowAllFiles" or "allowCleartextPasswords" when value == "false":
                break;
            case "multiStatements": MultiStatements = Flag(name, value); break;
            case "clientFoundRows": Settings.UseAffectedRows = !Flag(name, value); break;
            case "timeout": Settings.ConnectionTimeout = Seconds(name, value); break;
            case "tls": Settings.SslMode = Tls(value); break;
            default: throw Refuse(name, value);
        }
    }

    private MySqlSslMode Tls(string value)
    {
        var mode = value.ToLowerInvariant();
        Verify = mode switch
        {
            "true" => (_, _, _, errors) => errors == SslPolicyErrors.None,
            "custom" => IssuedBy(Authorities(Path.Combine(_spec.WorkingFolder, _spec.Require("pemPath")))),
            _ => null,
        };
        return mode switch
        {
            "false" => MySqlSslMode.None,
            "preferred" => MySqlSslMode.Preferred,
            "true" or "custom" or "skip-verify" => MySqlSslMode.Required,
            _ => throw Refuse("tls", value),
        };
    }

    private X509Certificate2Collection Authorities(string file)
    {
        var authorities = new X509Certificate2Collection();
        try
        {
            authorities.ImportFromPemFile(file);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new ComponentException($"{_spec.File}: component {_spec.Name} ({_spec.Type}): pemPath cannot be read: {unreadable.Message}", unreadable);
        }
        return authorities;
    }

    // These authorities and no others, whatever the machine knows.
    private static RemoteCertificateValidationCallback IssuedBy(X509Certificate2Collection authorities) => (_, certificate, sent, errors) =>
    {
        if (certificate is null || (errors & ~SslPolicyErrors.RemoteCertificateChainErrors) != 0)
            return false;
        using var chain = new X509Chain();
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
        foreach (var element in sent?.ChainElements.AsEnumerable() ?? [])
            chain.ChainPolicy.ExtraStore.Add(element.Certificate);
        return chain.Build(new X509Certificate2(certificate));
    };

    private bool Flag(string name, string value) => value switch
    {
        "1" or "true" or "TRUE" or "True" => true,
        "0" or "false" or "FALSE" or "False" => false,
        _ => throw Refuse(name, value),
    };

    private uint Seconds(string name, string value) => MetadataValues.TryParseDuration(value, Second, out var duration) && duration > TimeSpan.Zero
        ? (uint)Math.Ceiling(duration.TotalSeconds)
        : throw Refuse(name, value);

    private ComponentException Unreadable() => Refuse("is none of user:password@tcp(host:port)/database, user:password@unix(path)/database");

    private ComponentException Refuse(string name, string value) => Refuse($"holds '{name}={value}', which LocalDapr does not follow");

    /// <summary>An error about it; the message leaves out what it is, for it holds the password.</summary>
    public ComponentException Refuse(string why) => new($"{_spec.File}: component {_spec.Name} ({_spec.Type}): metadata '{_metadata}' {why}");

    // The last @ ends the password, the last / begins the database.
    [GeneratedRegex(@"\A(?:(?<user>[^:@/]*)(?::(?<password>.*))?@)?(?:(?<net>[^(/@:]*)(?:\((?<address>.*)\))?)?/(?<database>[^/?]*)(?:\?(?<parameters>.*))?\z")]
    private static partial Regex Form();
}
