using System.Globalization;
using System.Text.Json;
using Dapr.Client;
using Grpc.Core;
using ImDapr.DaprConformance.Systems;

namespace ImDapr.DaprConformance.Bindings;

/// <summary>Columns of tables, and parameters that are written into them.</summary>
public sealed class SqlColumnCases(ConformanceSystem system) : Cases(system)
{
    private bool IsMySql => System.TypeOf("sql") == "bindings.mysql";

    [Theory]
    [InlineData("BIGINT", "9007199254740993", "9007199254740993"), InlineData("INT", "-7", "-7"), InlineData("DOUBLE", "1.5", "1.5")]
    [InlineData("VARCHAR(100)", "'text ä'", "\"text ä\""), InlineData("TEXT", "'long'", "\"long\""), InlineData("VARBINARY(10)", "X'00FF'", "\"AP8=\"")]
    [InlineData("BLOB", "X'616263'", "\"YWJj\""), InlineData("DECIMAL(10,2)", "12.50", "\"12.50\""), InlineData("TINYINT", "1", "1")]
    [InlineData("DATETIME(6)", "'2026-01-02 03:04:05.123456'", "\"2026-01-02T03:04:05.123456Z\""), InlineData("DATE", "'2026-01-02'", "\"2026-01-02T00:00:00Z\"")]
    [InlineData("TIME", "'03:04:05'", "\"03:04:05\""), InlineData("BIGINT", "9223372036854775807", "9223372036854775807")]
    [Source("cc:bindings/mysql/mysql.go"), Source("dapr-contract 4.2")]
    public async Task Each_type_of_column_has_its_JSON(string type, string literal, string json)
    {
        Assert.SkipUnless(IsMySql || type is not ("DECIMAL(10,2)" or "DATETIME(6)" or "DATE" or "TIME"), "SQLite has no such type");
        var table = await TableAsync($"v {type}");
        await ExecAsync($"INSERT INTO {table} (v) VALUES ({literal})");

        Assert.True(JsonElement.DeepEquals(JsonElement.Parse(json), (await QueryAsync($"SELECT v FROM {table}"))[0].GetProperty("v")), $"{await QueryAsync($"SELECT v FROM {table}")}");
    }

    [Fact]
    [Source("cc:bindings/mysql/mysql.go"), Source("dapr-contract 4.2")]
    public async Task A_null_is_a_property_that_is_not_there()
    {
        var table = await TableAsync("a INT, b VARCHAR(10), c DATETIME");
        await ExecAsync($"INSERT INTO {table} (a) VALUES (1)");

        Assert.Equal("""{"a":1}""", (await QueryAsync($"SELECT a, b, c FROM {table}"))[0].GetRawText());
    }

    [Fact]
    [Source("cc:bindings/mysql/mysql.go"), Source("dapr-contract 4.2")]
    public async Task A_binary_null_is_null()
    {
        var table = await TableAsync("a INT, b BLOB");
        await ExecAsync($"INSERT INTO {table} (a) VALUES (1)");

        Assert.Equal("""{"a":1,"b":null}""", (await QueryAsync($"SELECT a, b FROM {table}"))[0].GetRawText());
    }

    [Fact]
    [Source("cc:bindings/mysql/mysql.go")]
    public async Task Properties_are_sorted_and_the_last_of_a_name_wins()
    {
        var table = await TableAsync("b INT, a INT");
        await ExecAsync($"INSERT INTO {table} (b, a) VALUES (1, 2)");

        Assert.Equal("""{"a":2,"b":1}""", (await QueryAsync($"SELECT b, a FROM {table}"))[0].GetRawText());
        Assert.Equal("""{"b":2}""", (await QueryAsync($"SELECT b, a AS b FROM {table}"))[0].GetRawText());
    }

    [Fact]
    [Source("cc:bindings/mysql/mysql.go")]
    public async Task Exec_tells_rows_and_times_and_no_data()
    {
        var table = await TableAsync("a INT");

        var response = await InvokeAsync("exec", $"INSERT INTO {table} (a) VALUES (1), (2), (3)");

        Assert.Equal(("3", "exec"), (response.Metadata["rows-affected"], response.Metadata["operation"]));
        Assert.Equal($"INSERT INTO {table} (a) VALUES (1), (2), (3)", response.Metadata["sql"]);
        Assert.True(DateTimeOffset.Parse(response.Metadata["end-time"], CultureInfo.InvariantCulture) >= DateTimeOffset.Parse(response.Metadata["start-time"], CultureInfo.InvariantCulture));
        Assert.EndsWith("s", response.Metadata["duration"]);
        Assert.True(response.Data.IsEmpty);
    }

    [Theory]
    [InlineData("\"9007199254740993\"", "9007199254740993"), InlineData("7", "7"), InlineData("true", "1"), InlineData("null", null)]
    [Source("cc:bindings/mysql/mysql.go"), Source("dapr-contract 4.2")]
    public async Task Parameters_are_JSON(string parameter, string? stored)
    {
        var table = await TableAsync("id BIGINT");

        await ExecAsync($"INSERT INTO {table} (id) VALUES (?)", $"[{parameter}]");

        var row = (await QueryAsync($"SELECT id FROM {table}"))[0];
        Assert.Equal(stored, row.TryGetProperty("id", out var id) ? id.GetRawText() : null);
    }

    [Fact]
    [Source("cc:bindings/mysql/mysql.go")]
    public async Task Constraints_are_errors_and_nothing_is_tried_again()
    {
        var table = await TableAsync("id INT PRIMARY KEY");
        await ExecAsync($"INSERT INTO {table} (id) VALUES (1)");

        var error = await RefusedAsync(StatusCode.Internal, () => InvokeAsync("exec", $"INSERT INTO {table} (id) VALUES (1)"));

        if (IsMySql)
            Assert.Contains("Duplicate entry", error.Status.Detail, StringComparison.Ordinal);
        Assert.Single((await QueryAsync($"SELECT id FROM {table}")).EnumerateArray());
    }

    private async Task<string> TableAsync(string columns)
    {
        var table = $"conformance_{Guid.NewGuid():N}";
        await ExecAsync($"CREATE TABLE {table} ({columns})");
        return table;
    }

    private Task<BindingResponse> ExecAsync(string sql, string? parameters = null) => InvokeAsync("exec", sql, parameters);

    private async Task<JsonElement> QueryAsync(string sql) => JsonElement.Parse((await InvokeAsync("query", sql)).Data.Span);

    private Task<BindingResponse> InvokeAsync(string operation, string sql, string? parameters = null)
    {
        var request = new BindingRequest("sql", operation) { Metadata = { ["sql"] = sql } };
        if (parameters is not null)
            request.Metadata["params"] = parameters;
        return A.Dapr.InvokeBindingAsync(request, Token);
    }
}
