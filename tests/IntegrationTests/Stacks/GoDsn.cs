using System.Globalization;
using System.Text.RegularExpressions;
using MySqlConnector;

namespace ImDapr.IntegrationTests.Stacks;

/// <summary>The address of the database as components have it, for tests that look into the tables.</summary>
internal static partial class GoDsn
{
    public static string ToConnectionString(string goDsn)
    {
        var parts = Dsn().Match(goDsn);
        return new MySqlConnectionStringBuilder
        {
            Server = parts.Groups["host"].Value,
            Port = uint.Parse(parts.Groups["port"].Value, CultureInfo.InvariantCulture),
            UserID = parts.Groups["user"].Value,
            Password = parts.Groups["password"].Value,
            Database = parts.Groups["database"].Value,
        }.ConnectionString;
    }

    /// <summary>The same server, and a database whose name has this ending.</summary>
    public static string OtherDatabase(string goDsn, string ending)
    {
        var database = Dsn().Match(goDsn).Groups["database"];
        return goDsn.Insert(database.Index + database.Length, ending);
    }

    // user:password@tcp(host:port)/database?…
    [GeneratedRegex(@"\A(?<user>[^:@]*)(:(?<password>[^@]*))?@tcp\((?<host>[^:)]+):(?<port>\d+)\)/(?<database>\w+)")]
    private static partial Regex Dsn();
}
