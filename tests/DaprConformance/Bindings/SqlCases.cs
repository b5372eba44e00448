using System.Text.Json;
using Dapr.Client;
using Grpc.Core;
using ImDapr.DaprConformance.Systems;

namespace ImDapr.DaprConformance.Bindings;

/// <summary>The SQL binding. On MySQL the whole table of how columns are rendered; what SQLite can hold, on both.</summary>
[Source("cc:bindings/mysql/mysql.go")]
public sealed class SqlCases(ConformanceSystem system) : Cases(system)
{
    private bool IsMySql => System.TypeOf("sql") == "bindings.mysql";

    [Theory]
    [InlineData("CAST(5 AS SIGNED)", "5")]
    [InlineData("CAST(-9223372036854775808 AS SIGNED)", "-9223372036854775808")]
    [InlineData("CAST(9223372036854775807 AS SIGNED)", "9223372036854775807")]
    [InlineData("CAST(18446744073709551615 AS UNSIGNED)", "18446744073709551615")]
    [InlineData("CAST('12.50' AS DECIMAL(10,2))", "\"12.50\"")]
    [InlineData("1.5e0", "1.5")]
    [InlineData("'text'", "\"text\"")]
    [InlineData("CAST('2026-01-02' AS DATE)", "\"2026-01-02T00:00:00Z\"")]
    [InlineData("CAST('2026-01-02 03:04:05.123456' AS DATETIME(6))", "\"2026-01-02T03:04:05.123456Z\"")]
    [InlineData("CAST('03:04:05' AS TIME)", "\"03:04:05\"")]
    [InlineData("CAST('ab' AS BINARY)", "\"YWI=\"")]
    [InlineData("COUNT(*)", "1")]
    [InlineData("SUM(1)", "\"1\"")]
    [Source("dapr-contract 4.2")]
    public async Task A_column_is_rendered_by_its_type(string expression, string json)
    {
        Assert.SkipUnless(IsMySql, "types of MySQL");

        Assert.Equal($"[{{\"v\":{json}}}]", await QueryAsync($"SELECT {expression} AS v"));
    }

    [Fact]
    public async Task A_null_is_left_out_of_its_row()
    {
        var rows = JsonElement.Parse(await QueryAsync("SELECT 1 AS a, CAST(NULL AS CHAR) AS b"));

        Assert.Equal(["a"], rows[0].EnumerateObject().Select(column => column.Name));
    }

    [Fact]
    public async Task No_rows_are_the_JSON_null() => Assert.Equal("null", await QueryAsync("SELECT 1 AS a WHERE 1 = 0".Replace("WHERE", "FROM (SELECT 1 AS x) AS t WHERE")));

    [Fact]
    public async Task Columns_come_in_the_order_of_their_names() => Assert.Equal("""[{"a":2,"b":1}]""", await QueryAsync("SELECT 1 AS b, 2 AS a"));

    [Fact]
    public async Task An_integer_parameter_that_float64_cannot_hold_finds_another_row()
    {
        var table = await TableAsync();
        await ExecAsync($"INSERT INTO {table} (id, v) VALUES (6988349663661260800, 'wrong'), (6988349663661260801, 'right')");

        Assert.Contains("wrong", await QueryAsync($"SELECT v FROM {table} WHERE id = ?", "[6988349663661260801]"));
        Assert.Contains("right", await QueryAsync($"SELECT v FROM {table} WHERE id = ?", "[\"6988349663661260801\"]"));
    }

    [Theory]
    [InlineData("[\"text\"]", "text"), InlineData("[\"ü'\\\"\"]", "ü'\""), InlineData("[null]", null)]
    public async Task A_parameter_arrives_as_it_was_given(string parameters, string? expected)
    {
        var table = await TableAsync();
        await ExecAsync($"INSERT INTO {table} (id, v) VALUES (1, ?)", parameters);

        var row = JsonElement.Parse(await QueryAsync($"SELECT id, v FROM {table}"))[0];
        Assert.Equal(expected, row.TryGetProperty("v", out var value) ? value.GetString() : null);
    }

    [Fact]
    public async Task An_exec_tells_how_many_rows_it_changed_and_no_more()
    {
        var table = await TableAsync();

        var response = await InvokeAsync("exec", $"INSERT INTO {table} (id) VALUES (1), (2), (3)");

        Assert.Equal("3", response.Metadata["rows-affected"]);
        Assert.True(response.Data.IsEmpty);
        Assert.Equal(["duration", "end-time", "operation", "rows-affected", "sql", "start-time"], response.Metadata.Keys.Order());
    }

    [Fact]
    [Source("daprd:pkg/api/http/http.go")]
    public async Task Over_HTTP_rows_are_the_body_and_the_rest_are_headers()
    {
        var answer = (await A.SendAsync("POST", "/v1.0/bindings/sql", new { operation = "query", metadata = new { sql = "SELECT 1 AS a" } })).Is(200);

        Assert.Equal("""[{"a":1}]""", answer.Body);
        Assert.Equal("query", answer.Header("metadata.operation"));
    }

    [Theory]
    [InlineData("exec", null, null, "required metadata not set: sql")]
    [InlineData("query", "SELECT no_such_column", null, "error executing query")]
    [InlineData("query", "SELECT ?", "no JSON", "")]
    [InlineData("sing", "SELECT 1", null, "does not support operation sing")]
    [Source("daprd:pkg/messages/predefined.go")]
    public async Task What_is_wrong_is_an_error_of_the_binding(string operation, string? sql, string? parameters, string reason)
    {
        var error = await RefusedAsync(StatusCode.Internal, () => InvokeAsync(operation, sql, parameters));

        Assert.StartsWith("error invoking output binding sql: ", error.Status.Detail);
        Assert.Contains(reason, error.Status.Detail);
        (await A.SendAsync("POST", "/v1.0/bindings/sql", new { operation, metadata = Metadata(sql, parameters) })).Is(500, "ERR_INVOKE_OUTPUT_BINDING");
    }

    [Fact]
    [Source("daprd:pkg/messages/predefined.go")]
    public async Task A_binding_that_is_not_there_is_an_error()
    {
        await RefusedAsync(StatusCode.Internal, () => A.Dapr.InvokeBindingAsync("none", "query", "", cancellationToken: Token));
        (await A.SendAsync("POST", "/v1.0/bindings/none", new { operation = "query" })).Is(500, "ERR_INVOKE_OUTPUT_BINDING");
    }

    [Fact]
    [Source("daprd:pkg/messages/predefined.go")]
    public async Task A_body_that_is_no_JSON_is_malformed() => (await A.SendAsync("POST", "/v1.0/bindings/sql", "{")).Is(400, "ERR_MALFORMED_REQUEST");

    [Fact]
    public async Task A_failed_statement_changes_nothing_and_the_next_one_works()
    {
        var table = await TableAsync();
        await ExecAsync($"INSERT INTO {table} (id) VALUES (1)");

        await RefusedAsync(StatusCode.Internal, () => ExecAsync($"INSERT INTO {table} (id) VALUES (2), (1)"));

        Assert.Equal("""[{"id":1}]""", await QueryAsync($"SELECT id FROM {table}"));
    }

    [Fact]
    [Source("dapr-contract 4.2")]
    public async Task Closed_it_stays_closed()
    {
        Assert.SkipWhen(ConformanceSystem.IsForeign, "it would stay closed for the next run");
        var request = new BindingRequest("sql-closed", "query") { Metadata = { ["sql"] = "SELECT 1 AS a" } };
        await A2.Dapr.InvokeBindingAsync(request, Token);

        await A2.Dapr.InvokeBindingAsync(new BindingRequest("sql-closed", "close"), Token);

        await RefusedAsync(StatusCode.Internal, () => A2.Dapr.InvokeBindingAsync(request, Token));
    }

    private async Task<string> TableAsync()
    {
        var table = NewKey().Replace('-', '_');
        await ExecAsync($"CREATE TABLE {table} (id BIGINT PRIMARY KEY, v VARCHAR(100))");
        return table;
    }

    private Task<BindingResponse> InvokeAsync(string operation, string? sql, string? parameters = null)
    {
        var request = new BindingRequest("sql", operation);
        foreach (var (name, value) in Metadata(sql, parameters))
            request.Metadata[name] = value;
        return A.Dapr.InvokeBindingAsync(request, Token);
    }

    private static Dictionary<string, string> Metadata(string? sql, string? parameters)
    {
        var metadata = new Dictionary<string, string>();
        if (sql is not null)
            metadata["sql"] = sql;
        if (parameters is not null)
            metadata["params"] = parameters;
        return metadata;
    }

    private Task<BindingResponse> ExecAsync(string sql, string? parameters = null) => InvokeAsync("exec", sql, parameters);

    private async Task<string> QueryAsync(string sql, string? parameters = null) => Text((await InvokeAsync("query", sql, parameters)).Data.Span);
}
