using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Dapr.Client;
using ImDapr.Contracts;

namespace ImDapr.ServiceDefaults.Sql;

/// <summary>
/// SQL through a binding, <c>entities</c> unless named otherwise, one statement a call; there are no transactions across calls. Integers travel as text, because
/// the binding would read JSON numbers as doubles and hit another row beyond 2^53.
/// </summary>
public sealed class SqlClient(DaprClient dapr, string binding = DaprNames.Entities) : IDisposable
{
    public string Binding => binding;

    private readonly SemaphoreSlim _dialectGate = new(1, 1);
    private SqlDialect? _dialect;

    /// <returns>Rows affected.</returns>
    public async Task<int> ExecuteAsync(string sql, IReadOnlyList<object?> parameters, CancellationToken cancellationToken)
    {
        var response = await CallAsync("exec", sql, parameters, cancellationToken);
        return int.Parse(response.Metadata["rows-affected"], CultureInfo.InvariantCulture);
    }

    public async Task<IReadOnlyList<SqlRow>> QueryAsync(string sql, IReadOnlyList<object?> parameters, CancellationToken cancellationToken)
    {
        var response = await CallAsync("query", sql, parameters, cancellationToken);
        if (response.Data.IsEmpty)
            return [];
        var rows = JsonElement.Parse(response.Data.Span);
        return rows.ValueKind == JsonValueKind.Null ? [] : [.. rows.EnumerateArray().Select(row => new SqlRow(row))];
    }

    /// <summary>Inserts rows in one statement; rows that collide with an existing key are left as they are.</summary>
    /// <returns>How many rows were new.</returns>
    public async Task<int> InsertNewAsync(
        string table, IReadOnlyList<string> columns, IReadOnlyList<object?[]> rows, CancellationToken cancellationToken)
    {
        var dialect = await DialectAsync(cancellationToken);
        return await InsertAsync(table, columns, rows, dialect.KeepExisting(columns[0]), cancellationToken);
    }

    /// <summary>Of rows that exist raises one column in one statement, and in the time of as many lookups: a CASE for each would be compared with each row.</summary>
    /// <param name="table">Where they are.</param>
    /// <param name="raised">The column, which must be among the columns.</param>
    /// <param name="columns">All columns without a default.</param>
    /// <param name="rows">Their values; what is no key and not raised only counts for a row that does not exist.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task RaiseAsync(
        string table, string raised, IReadOnlyList<string> columns, IReadOnlyList<object?[]> rows, CancellationToken cancellationToken)
    {
        var dialect = await DialectAsync(cancellationToken);
        await InsertAsync(table, columns, rows, dialect.RaiseExisting(raised), cancellationToken);
    }

    private Task<int> InsertAsync(
        string table, IReadOnlyList<string> columns, IReadOnlyList<object?[]> rows, string ending, CancellationToken cancellationToken)
    {
        var row = $"({string.Join(",", Enumerable.Repeat("?", columns.Count))})";
        var sql = new StringBuilder($"INSERT INTO {table} ({string.Join(",", columns)}) VALUES ", 64 + rows.Count * (row.Length + 1));
        sql.AppendJoin(',', Enumerable.Repeat(row, rows.Count)).Append(ending);
        return ExecuteAsync(sql.ToString(), [.. rows.SelectMany(values => values)], cancellationToken);
    }

    /// <summary>Inserts what a SELECT finds; rows that collide with an existing key are left as they are.</summary>
    /// <param name="insert"><c>INSERT INTO … SELECT … WHERE …</c>; without the WHERE, SQLite would take what follows for a join.</param>
    /// <param name="column">A column of the table that no table of the SELECT has: MySQL would call it ambiguous.</param>
    /// <returns>How many rows were new.</returns>
    public async Task<int> InsertNewAsync(string insert, string column, IReadOnlyList<object?> parameters, CancellationToken cancellationToken) =>
        await ExecuteAsync(insert + (await DialectAsync(cancellationToken)).KeepExisting(column), parameters, cancellationToken);

    /// <summary>Question marks for an IN list of this many values.</summary>
    public static string Marks(int count) => string.Join(",", Enumerable.Repeat("?", count));

    private async ValueTask<SqlDialect> DialectAsync(CancellationToken cancellationToken)
    {
        if (_dialect is { } known)
            return known;
        await _dialectGate.WaitAsync(cancellationToken);
        try
        {
            return _dialect ??= await ProbeAsync(cancellationToken);
        }
        finally
        {
            _dialectGate.Release();
        }
    }

    // What stands in an executable comment is SQL for MySQL and MariaDB, and nothing for anybody else.
    private async Task<SqlDialect> ProbeAsync(CancellationToken cancellationToken)
    {
        var rows = await QueryAsync("SELECT 1 /*! + 1 */ AS probe", [], cancellationToken);
        return rows[0].Int64("probe") == 2 ? SqlDialect.MySql : SqlDialect.Sqlite;
    }

    private Task<BindingResponse> CallAsync(string operation, string sql, IReadOnlyList<object?> parameters, CancellationToken cancellationToken)
    {
        var request = new BindingRequest(binding, operation) { Metadata = { ["sql"] = sql } };
        if (parameters.Count > 0)
            request.Metadata["params"] = ParametersJson(parameters);
        return dapr.InvokeBindingAsync(request, cancellationToken);
    }

    public static string ParametersJson(IReadOnlyList<object?> parameters)
    {
        var buffer = new ArrayBufferWriter<byte>(parameters.Count * 24);
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = ContractsJson.Wire.Encoder, SkipValidation = true }))
        {
            json.WriteStartArray();
            foreach (var parameter in parameters)
                WriteParameter(json, parameter);
            json.WriteEndArray();
        }
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static void WriteParameter(Utf8JsonWriter json, object? parameter)
    {
        switch (parameter)
        {
            case null: json.WriteNullValue(); break;
            case string text: json.WriteStringValue(text); break;
            case long number: json.WriteStringValue(number.ToString(CultureInfo.InvariantCulture)); break;
            case int number: json.WriteStringValue(number.ToString(CultureInfo.InvariantCulture)); break;
            default: throw new ArgumentException($"A parameter may be text, an integer or null, not {parameter.GetType().Name}", nameof(parameter));
        }
    }

    public void Dispose() => _dialectGate.Dispose();
}
