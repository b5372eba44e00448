using System.Data.Common;
using System.Globalization;
using System.Text.Json;
using ImDapr.LocalDapr.Resources;
using MySqlConnector;

namespace ImDapr.LocalDapr.Bindings;

/// <summary><c>bindings.mysql</c> for MySQL and MariaDB, with the rendering of daprd's component (dapr-contract 4.2).</summary>
public sealed class MySqlBinding(ComponentSpec spec, TimeProvider time) : SqlBinding("mysql", time)
{
    // database/sql has no limit of its own; a local server has.
    private const uint DefaultMaxConnections = 50;

    private MySqlDataSource? _source;

    public override async Task InitAsync(CancellationToken cancellationToken)
    {
        try
        {
            var settings = GoMySqlDsn.Parse(spec.Require("url"));
            settings.MaximumPoolSize = uint.TryParse(spec.Find("maxOpenConns"), out var most) && most > 0 ? most : DefaultMaxConnections;
            if (GoLifetime("connMaxLifetime") is { } lifetime)
                settings.ConnectionLifeTime = (uint)lifetime.TotalSeconds;
            if (GoLifetime("connMaxIdleTime") is { } idle)
                settings.ConnectionIdleTimeout = (uint)idle.TotalSeconds;
            _source = new MySqlDataSource(settings.ConnectionString);
            await using var connection = await _source.OpenConnectionAsync(cancellationToken);
        }
        catch (Exception exception) when (exception is FormatException or MySqlException)
        {
            throw new ComponentException($"{spec.File}: {spec.Name} ({spec.Type}): {exception.Message}", exception);
        }
    }

    protected override async Task<long> ExecAsync(string sql, object?[] parameters, CancellationToken cancellationToken)
    {
        try
        {
            await using var connection = await _source!.OpenConnectionAsync(cancellationToken);
            await using var command = Command(connection, sql, parameters);
            return Math.Max(0, await command.ExecuteNonQueryAsync(cancellationToken));
        }
        catch (MySqlException exception)
        {
            throw Failed(exception);
        }
    }

    protected override async Task<byte[]> QueryAsync(string sql, object?[] parameters, CancellationToken cancellationToken)
    {
        try
        {
            await using var connection = await _source!.OpenConnectionAsync(cancellationToken);
            await using var command = Command(connection, sql, parameters);
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            return await RowJson.WriteAsync(reader, Render, cancellationToken);
        }
        catch (MySqlException exception)
        {
            throw Failed(exception);
        }
    }

    private static void Render(Utf8JsonWriter json, DbDataReader reader, int column)
    {
        var type = reader.GetDataTypeName(column);
        if (type == "JSON")
            json.WriteBase64StringValue(System.Text.Encoding.UTF8.GetBytes(reader.GetString(column)));
        else if (type == "BIT")
            json.WriteBase64StringValue(Bits(reader.GetFieldValue<ulong>(column)));
        else if (type == "TIME")
            json.WriteStringValue(Clock(reader.GetFieldValue<TimeSpan>(column)));
        else
            RowJson.WriteCommon(json, reader.GetValue(column));
    }

    private static byte[] Bits(ulong value)
    {
        var bytes = BitConverter.GetBytes(value);
        Array.Reverse(bytes);
        return [.. bytes.SkipWhile(part => part == 0).DefaultIfEmpty((byte)0)];
    }

    private static string Clock(TimeSpan time)
    {
        var sign = time < TimeSpan.Zero ? "-" : "";
        return string.Create(CultureInfo.InvariantCulture, $"{sign}{(int)Math.Abs(time.TotalHours):00}:{Math.Abs(time.Minutes):00}:{Math.Abs(time.Seconds):00}");
    }

    private static MySqlCommand Command(MySqlConnection connection, string sql, object?[] parameters)
    {
        var command = new MySqlCommand(sql, connection);
        foreach (var parameter in parameters)
            command.Parameters.Add(new MySqlParameter { Value = parameter ?? DBNull.Value });
        return command;
    }

    private static BindingException Failed(MySqlException exception) =>
        new($"error executing mysql: Error {exception.Number} ({exception.SqlState}): {exception.Message}", exception);

    private TimeSpan? GoLifetime(string name) =>
        spec.Find(name) is { } text && GoDuration.TryParse(text, out var duration) && duration > TimeSpan.Zero ? duration : null;

    public override async ValueTask DisposeAsync()
    {
        if (_source is not null)
            await _source.DisposeAsync();
    }
}
