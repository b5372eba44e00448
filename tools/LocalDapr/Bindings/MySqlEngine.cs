using System.Data;
using ImDapr.LocalDapr.MySql;
using ImDapr.LocalDapr.Resources;
using MySqlConnector;

namespace ImDapr.LocalDapr.Bindings;

/// <summary><c>bindings.mysql</c> on MySQL or MariaDB.</summary>
internal sealed class MySqlEngine : ISqlEngine
{
    // Go's pool has no limit of its own; a hundred statements at a time are more than any local server answers.
    private const int DefaultMaxOpen = 100;
    // The driver prepares every statement that has parameters, and the server numbers them with 16 bits.
    private const int MostParameters = 65_535;

    private readonly ComponentSpec _spec;
    private readonly GoMySqlDsn _dsn;
    private readonly SemaphoreSlim _open;
    private MySqlDataSource? _source;

    public MySqlEngine(ComponentSpec spec)
    {
        _spec = spec;
        _dsn = GoMySqlDsn.Parse(spec, "url");
        var second = TimeSpan.FromSeconds(1);
        var maxOpen = spec.Integer("maxOpenConns", 0) is > 0 and var most ? most : DefaultMaxOpen;
        _open = new SemaphoreSlim(maxOpen);
        var settings = _dsn.Settings;
        settings.MaximumPoolSize = (uint)maxOpen;
        settings.ConnectionLifeTime = (uint)spec.Duration("connMaxLifetime", TimeSpan.Zero, second).TotalSeconds;
        if (spec.Duration("connMaxIdleTime", TimeSpan.Zero, second) is { TotalSeconds: >= 1 } idle)
            settings.ConnectionIdleTimeout = (uint)idle.TotalSeconds;
    }

    private MySqlDataSource Source => _source ?? throw new ObjectDisposedException(_spec.Name);

    public async Task OpenAsync(CancellationToken cancellationToken) => _source = await MySqlServer.OpenAsync(_spec, _dsn, cancellationToken);

    public Task<long> ExecuteAsync(string sql, object?[] parameters, CancellationToken cancellationToken) =>
        RunAsync(sql, parameters, async command => (long)Math.Max(0, await command.ExecuteNonQueryAsync(cancellationToken)), cancellationToken);

    public Task<byte[]> QueryAsync(string sql, object?[] parameters, CancellationToken cancellationToken) =>
        RunAsync(sql, parameters, async command =>
        {
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            return await RowsAsync(reader, cancellationToken);
        }, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _source, null) is { } source)
            await source.DisposeAsync();
    }

    private async Task<T> RunAsync<T>(string sql, object?[] parameters, Func<MySqlCommand, Task<T>> run, CancellationToken cancellationToken)
    {
        Check(sql, parameters);
        // Waits for a free connection as long as the caller does, as Go's pool; the client's own pool would give up after its connect timeout.
        await _open.WaitAsync(cancellationToken);
        try
        {
            await using var connection = await Source.OpenConnectionAsync(cancellationToken);
            return await RunAsync(connection, sql, parameters, run);
        }
        catch (MySqlException error)
        {
            throw new BindingException($"error executing query: {MySqlServer.Text(error)}", error);
        }
        finally
        {
            _open.Release();
        }
    }

    private static async Task<T> RunAsync<T>(MySqlConnection connection, string sql, object?[] parameters, Func<MySqlCommand, Task<T>> run)
    {
        await using var command = new MySqlCommand(sql, connection);
        foreach (var parameter in parameters)
            command.Parameters.Add(new MySqlParameter { Value = parameter ?? DBNull.Value });
        try
        {
            return await run(command);
        }
        catch (MySqlException) when (connection.State != ConnectionState.Open)
        {
            // The server has gone, and with it what else is in the pool. Go's driver looks whether a connection still stands before it uses it.
            await MySqlConnection.ClearPoolAsync(connection, CancellationToken.None); // touches only this process
            throw;
        }
    }

    private void Check(string sql, object?[] parameters)
    {
        var shape = SqlShape.Of(sql);
        if (shape.Placeholders != parameters.Length)
            throw new BindingException($"error executing query: sql: expected {shape.Placeholders} arguments, got {parameters.Length}");
        if (shape.Placeholders > MostParameters)
            throw new BindingException("error executing query: Error 1390 (HY000): Prepared statement contains too many placeholders");
        // The client would run them; the driver asks the server only when the DSN allows it, and never with parameters.
        if (shape.IsSeveral && (!_dsn.MultiStatements || parameters.Length > 0))
            throw new BindingException("error executing query: Error 1064 (42000): You have an error in your SQL syntax: more than one statement");
    }

    private static async Task<byte[]> RowsAsync(MySqlDataReader reader, CancellationToken cancellationToken)
    {
        var columns = reader.GetColumnSchema().Select(column => new MySqlColumn(column)).ToArray();
        using var rows = new RowWriter(columns.Select(column => column.Name));
        while (await reader.ReadAsync(cancellationToken))
            rows.WriteRow((json, name, column) => columns[column].Write(json, name, reader, column));
        return rows.ToArray();
    }
}
