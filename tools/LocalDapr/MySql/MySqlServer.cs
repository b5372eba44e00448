using System.Globalization;
using ImDapr.LocalDapr.Resources;
using MySqlConnector;

namespace ImDapr.LocalDapr.MySql;

/// <summary>Opens a server for a component, and tells its errors as Go's driver does.</summary>
internal static class MySqlServer
{
    /// <exception cref="ComponentException">The server does not answer: as with daprd, the component does not start.</exception>
    public static async Task<MySqlDataSource> OpenAsync(ComponentSpec spec, GoMySqlDsn dsn, CancellationToken cancellationToken)
    {
        try
        {
            dsn.Settings.NoBackslashEscapes = await HasNoBackslashEscapesAsync(dsn, cancellationToken);
        }
        catch (MySqlException error)
        {
            throw new ComponentException($"{spec.File}: component {spec.Name} ({spec.Type}): unable to ping the DB: {error.Message}", error);
        }
        return dsn.Source();
    }

    public static string Text(MySqlException error) => error.Number > 0 && error.SqlState is not null
        ? string.Create(CultureInfo.InvariantCulture, $"Error {error.Number} ({error.SqlState}): {error.Message}")
        : error.Message;

    // In that mode a backslash in a text parameter must not be doubled.
    private static async Task<bool> HasNoBackslashEscapesAsync(GoMySqlDsn dsn, CancellationToken cancellationToken)
    {
        // Not from the pool: it may hold a connection to a server that has died since.
        await using var connection = dsn.Connection();
        await connection.OpenAsync(cancellationToken);
        await using var command = new MySqlCommand("SELECT @@sql_mode", connection);
        return ((string)(await command.ExecuteScalarAsync(cancellationToken))!).Contains("NO_BACKSLASH_ESCAPES", StringComparison.Ordinal);
    }
}
