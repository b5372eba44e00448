using ImDapr.LocalDapr.MySql;
using MySqlConnector;

namespace ImDapr.LocalDapr.State;

/// <summary>The database and the tables of <c>state.mysql</c>, created or brought up to date as daprd's component does.</summary>
/// <remarks>
/// {table}           id, value (JSON), isbinary, insertDate, updateDate, eTag, expiredate (NULL: never), row_id
/// {metadataTable}   id, value: 'last-cleanup'
/// </remarks>
internal sealed class MySqlStateTables(MySqlConnection connection, string schema, string table, string metadataTable)
{
    // Another sidecar that starts at the same moment may have been faster; daprd's component would fail on the first.
    private static readonly MySqlErrorCode[] AddedMeanwhile = [MySqlErrorCode.DuplicateFieldName, MySqlErrorCode.DuplicateKeyName];

    /// <param name="dsn">Where to; from now on with the database in it.</param>
    /// <param name="schema">Name of the database.</param>
    /// <param name="cancellationToken">Of the caller.</param>
    public static async Task CreateSchemaAsync(GoMySqlDsn dsn, string schema, CancellationToken cancellationToken)
    {
        await using (var connection = dsn.Connection())
        {
            await connection.OpenAsync(cancellationToken);
            // Asked first: a user who may not create databases needs none where there is one.
            if (!await ExistsAsync(connection, "schemata WHERE schema_name = ?", [schema], cancellationToken))
                await ExecuteAsync(connection, $"CREATE DATABASE IF NOT EXISTS {schema}", cancellationToken);
        }
        dsn.Settings.Database = schema;
    }

    public async Task CreateAsync(CancellationToken cancellationToken)
    {
        if (!await HasTableAsync(table, cancellationToken))
            await ExecuteAsync(connection, CreateTable, cancellationToken);
        if (!await HasColumnAsync("expiredate", cancellationToken)) // made before Dapr 1.11
        {
            await ExecuteAsync(connection, $"ALTER TABLE {table} ADD COLUMN IF NOT EXISTS expiredate TIMESTAMP NULL", cancellationToken);
            await ExecuteAsync(connection, $"CREATE INDEX IF NOT EXISTS expiredate_idx ON {table} (expiredate)", cancellationToken);
        }
        if (!await HasColumnAsync("row_id", cancellationToken)) // made before Dapr 1.17, or just now
            await AddRowIdAsync(cancellationToken);
        if (!await HasTableAsync(metadataTable, cancellationToken))
            await ExecuteAsync(connection, CreateMetadataTable, cancellationToken);
    }

    private string CreateMetadataTable => $"CREATE TABLE IF NOT EXISTS {metadataTable} (id VARCHAR(255) NOT NULL PRIMARY KEY, value TEXT NOT NULL)";

    private string CreateTable =>
        $"""
        CREATE TABLE IF NOT EXISTS {table} (
          id VARCHAR(255) NOT NULL PRIMARY KEY,
          value JSON NOT NULL,
          isbinary BOOLEAN NOT NULL,
          insertDate TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
          updateDate TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
          eTag VARCHAR(36) NOT NULL,
          expiredate TIMESTAMP NULL,
          INDEX expiredate_idx(expiredate))
        """;

    private async Task AddRowIdAsync(CancellationToken cancellationToken)
    {
        var sql = $"ALTER TABLE {table} ADD COLUMN row_id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT, ADD UNIQUE KEY row_id_uidx (row_id)";
        try
        {
            await ExecuteAsync(connection, sql, cancellationToken);
        }
        catch (MySqlException error) when (AddedMeanwhile.Contains(error.ErrorCode))
        {
            return; // it is there, which is all that was wanted
        }
    }

    private Task<bool> HasTableAsync(string name, CancellationToken cancellationToken) =>
        ExistsAsync(connection, "tables WHERE table_schema = ? AND table_name = ?", [schema, name], cancellationToken);

    private Task<bool> HasColumnAsync(string name, CancellationToken cancellationToken) =>
        ExistsAsync(connection, "columns WHERE table_schema = ? AND table_name = ? AND column_name = ?", [schema, table, name], cancellationToken);

    private static async Task<bool> ExistsAsync(MySqlConnection connection, string what, string[] names, CancellationToken cancellationToken)
    {
        await using var command = new MySqlCommand($"SELECT COUNT(*) FROM information_schema.{what}", connection);
        foreach (var name in names)
            command.Parameters.Add(new MySqlParameter { Value = name });
        return (long)(await command.ExecuteScalarAsync(cancellationToken))! > 0;
    }

    private static async Task ExecuteAsync(MySqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new MySqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
