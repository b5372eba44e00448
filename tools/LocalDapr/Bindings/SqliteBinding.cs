using System.Text.Json;
using ImDapr.LocalDapr.Resources;
using ImDapr.LocalDapr.State;
using Microsoft.Data.Sqlite;

namespace ImDapr.LocalDapr.Bindings;

/// <summary>
/// <c>bindings.sqlite</c>: the contract of <c>bindings.mysql</c> on a file, for the embedded stack; real Dapr has no such component. MySQL's
/// executable comments are comments here, which is how one SQL text serves both.
/// </summary>
public sealed class SqliteBinding(ComponentSpec spec, TimeProvider time) : SqlBinding("sqlite", time)
{
    private readonly SqliteFile _file = SqliteFile.Take(Path.Combine(spec.WorkingFolder, spec.Require("url")));

    public override Task InitAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    protected override async Task<long> ExecAsync(string sql, object?[] parameters, CancellationToken cancellationToken)
    {
        try
        {
            return await _file.WriteAsync(
                connection =>
                {
                    using var command = Command(connection, sql, parameters);
                    return (long)Math.Max(0, command.ExecuteNonQuery());
                },
                cancellationToken);
        }
        catch (SqliteException exception)
        {
            throw new BindingException($"error executing sqlite: {exception.Message}", exception);
        }
    }

    protected override async Task<byte[]> QueryAsync(string sql, object?[] parameters, CancellationToken cancellationToken)
    {
        try
        {
            return await _file.ReadAsync(
                async connection =>
                {
                    await using var command = Command(connection, sql, parameters);
                    await using var reader = await command.ExecuteReaderAsync(cancellationToken);
                    return await RowJson.WriteAsync(reader, Render, cancellationToken);
                },
                cancellationToken);
        }
        catch (SqliteException exception)
        {
            throw new BindingException($"error executing sqlite: {exception.Message}", exception);
        }
    }

    private static void Render(Utf8JsonWriter json, System.Data.Common.DbDataReader reader, int column) => RowJson.WriteCommon(json, reader.GetValue(column));

    private static SqliteCommand Command(SqliteConnection connection, string sql, object?[] parameters)
    {
        var command = connection.CreateCommand();
        command.CommandText = Numbered(sql, parameters.Length);
        for (var i = 0; i < parameters.Length; i++)
            command.Parameters.AddWithValue($"@p{i}", Value(parameters[i]));
        return command;
    }

    // A whole double must find an INTEGER, and must be stored as one in a column that has no type.
    private static object Value(object? parameter) => parameter switch
    {
        null => DBNull.Value,
        double number when number == Math.Floor(number) && Math.Abs(number) < 9e15 => (long)number,
        _ => parameter,
    };

    /// <summary>Microsoft.Data.Sqlite wants names for its parameters: each question mark outside of text, names and comments gets one.</summary>
    internal static string Numbered(string sql, int count)
    {
        if (count == 0)
            return sql;
        var text = new System.Text.StringBuilder(sql.Length + (4 * count));
        var next = 0;
        for (var i = 0; i < sql.Length; i++)
        {
            var end = SkipQuoted(sql, i);
            if (end > i)
            {
                text.Append(sql, i, end - i);
                i = end - 1;
            }
            else if (sql[i] == '?')
            {
                text.Append("@p").Append(next++);
            }
            else
            {
                text.Append(sql[i]);
            }
        }
        return next == count ? text.ToString() : throw new BindingException($"expected {next} arguments, got {count}");
    }

    private static int SkipQuoted(string sql, int at)
    {
        if (sql[at] is '\'' or '"' or '`')
            return After(sql, at, sql[at].ToString());
        if (string.CompareOrdinal(sql, at, "--", 0, 2) == 0)
            return After(sql, at, "\n");
        return string.CompareOrdinal(sql, at, "/*", 0, 2) == 0 ? After(sql, at, "*/") : at;
    }

    private static int After(string sql, int at, string end)
    {
        var found = sql.IndexOf(end, at + 1, StringComparison.Ordinal);
        return found < 0 ? sql.Length : found + end.Length;
    }

    public override ValueTask DisposeAsync() => _file.DisposeAsync();
}
