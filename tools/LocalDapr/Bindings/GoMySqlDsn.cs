using System.Text.RegularExpressions;
using MySqlConnector;

namespace ImDapr.LocalDapr.Bindings;

/// <summary>A DSN as the go-sql-driver takes it: <c>user:password@tcp(host:port)/database?parameters</c>.</summary>
public static partial class GoMySqlDsn
{
    /// <exception cref="FormatException">It is no DSN, or asks for something that LocalDapr does not do.</exception>
    public static MySqlConnectionStringBuilder Parse(string dsn)
    {
        var match = Dsn().Match(dsn);
        if (!match.Success)
            throw new FormatException("not a DSN of the form user:password@tcp(host:port)/database");
        var builder = new MySqlConnectionStringBuilder
        {
            UserID = match.Groups["user"].Value,
            Password = match.Groups["password"].Value,
            Database = match.Groups["database"].Value,
            SslMode = MySqlSslMode.None,
            AllowPublicKeyRetrieval = true,
            // The driver reports changed rows, not found ones (clientFoundRows is off).
            UseAffectedRows = true,
            ConnectionTimeout = 5,
            DefaultCommandTimeout = 30,
            DateTimeKind = MySqlDateTimeKind.Utc,
            TreatTinyAsBoolean = false,
            GuidFormat = MySqlGuidFormat.None,
        };
        SetAddress(builder, match.Groups["protocol"].Value, match.Groups["address"].Value);
        foreach (var parameter in match.Groups["parameters"].Value.Split('&', StringSplitOptions.RemoveEmptyEntries))
            SetParameter(builder, parameter);
        return builder;
    }

    private static void SetAddress(MySqlConnectionStringBuilder builder, string protocol, string address)
    {
        if (protocol == "unix")
        {
            builder.Server = address;
            builder.ConnectionProtocol = MySqlConnectionProtocol.UnixSocket;
            return;
        }
        var colon = address.LastIndexOf(':');
        builder.Server = colon < 0 ? address : address[..colon];
        builder.Port = colon < 0 ? 3306 : uint.Parse(address[(colon + 1)..], System.Globalization.CultureInfo.InvariantCulture);
    }

    private static void SetParameter(MySqlConnectionStringBuilder builder, string parameter)
    {
        var parts = parameter.Split('=', 2);
        switch (parts[0], parts[^1])
        {
            case ("parseTime" or "loc" or "charset" or "collation" or "timeout" or "readTimeout" or "writeTimeout" or "interpolateParams" or "maxAllowedPacket" or "checkConnLiveness", _):
                break; // what we do already, or what changes no result
            case ("tls", "true"): builder.SslMode = MySqlSslMode.VerifyFull; break;
            case ("tls", "skip-verify"): builder.SslMode = MySqlSslMode.Required; break;
            case ("tls", "preferred"): builder.SslMode = MySqlSslMode.Preferred; break;
            case ("tls", "false"): break;
            case ("clientFoundRows", "true"): builder.UseAffectedRows = false; break;
            default: throw new FormatException($"DSN parameter '{parameter}' is not supported by LocalDapr");
        }
    }

    [GeneratedRegex(@"\A(?:(?<user>[^:@]*)(?::(?<password>.*))?@)?(?<protocol>tcp|unix)\((?<address>[^)]+)\)/(?<database>[^?]*)(?:\?(?<parameters>.*))?\z")]
    private static partial Regex Dsn();
}
