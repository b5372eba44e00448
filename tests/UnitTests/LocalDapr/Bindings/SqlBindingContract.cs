using System.Globalization;
using System.Text;
using System.Text.Json;
using ImDapr.LocalDapr.Bindings;

namespace ImDapr.UnitTests.LocalDapr.Bindings;

/// <summary>What a SQL binding promises, on whatever database.</summary>
public abstract class SqlBindingContract : IAsyncLifetime
{
    protected IOutputBinding Binding { get; private set; } = null!;

    /// <summary>A table of this test alone.</summary>
    protected string Table { get; } = $"t_{Guid.NewGuid():N}";

    protected abstract IOutputBinding Create();

    public virtual async Task InitializeAsync()
    {
        Binding = Create();
        await Binding.InitAsync(CancellationToken.None);
        await ExecAsync($"CREATE TABLE {Table} (id BIGINT NOT NULL, name VARCHAR(100), raw VARBINARY(100), ratio DOUBLE, PRIMARY KEY (id))");
    }

    public virtual async Task DisposeAsync() => await Binding.DisposeAsync();

    protected async Task<BindingResult> InvokeAsync(string operation, string sql, string? parameters = null)
    {
        var metadata = new Dictionary<string, string> { ["sql"] = sql };
        if (parameters is not null)
            metadata["params"] = parameters;
        return await Binding.InvokeAsync(new BindingCall(operation, [], metadata), CancellationToken.None);
    }

    protected async Task<int> ExecAsync(string sql, string? parameters = null) =>
        int.Parse((await InvokeAsync("exec", sql, parameters)).Metadata["rows-affected"], CultureInfo.InvariantCulture);

    protected async Task<string> QueryAsync(string sql, string? parameters = null) =>
        Encoding.UTF8.GetString((await InvokeAsync("query", sql, parameters)).Data!);

    [Fact]
    public async Task Rows_are_objects_with_sorted_names()
    {
        await ExecAsync($"INSERT INTO {Table} (id, name, ratio) VALUES (?, ?, ?)", """["7","é\u4e2d\ud83d\ude00 'quoted' \\ \"", 1.5]""");

        Assert.Equal(
            """[{"id":7,"name":"é中😀 'quoted' \\ \"","ratio":1.5}]""",
            await QueryAsync($"SELECT ratio, name, id FROM {Table}"), JsonText.Comparer);
    }

    [Fact]
    public async Task No_row_is_null() => Assert.Equal("null", await QueryAsync($"SELECT id FROM {Table}"));

    [Fact]
    public async Task A_NULL_column_is_left_out_but_a_binary_one_is_null()
    {
        await ExecAsync($"INSERT INTO {Table} (id, name, raw) VALUES (?, ?, ?)", """["1",null,null]""");

        Assert.Equal("""[{"id":1,"raw":null}]""", await QueryAsync($"SELECT id, name, raw FROM {Table}"));
    }

    [Fact]
    public async Task Bytes_are_base64()
    {
        await ExecAsync($"INSERT INTO {Table} (id, raw) VALUES (1, X'00ff10')");

        Assert.Equal("""[{"raw":"AP8Q"}]""", await QueryAsync($"SELECT raw FROM {Table}"));
    }

    [Fact]
    public async Task Integers_as_text_keep_all_their_digits()
    {
        await ExecAsync($"INSERT INTO {Table} (id) VALUES (?)", """["6988349663661260801"]""");

        Assert.Equal("""[{"id":6988349663661260801}]""", await QueryAsync($"SELECT id FROM {Table} WHERE id = ?", """["6988349663661260801"]"""));
    }

    [Fact]
    public async Task Numbers_are_doubles_that_match_integers_and_lose_digits_beyond_them()
    {
        await ExecAsync($"INSERT INTO {Table} (id, name) VALUES (?, ?)", """[5, 12]""");

        Assert.Equal("""[{"id":5,"name":"12"}]""", await QueryAsync($"SELECT id, name FROM {Table} WHERE id = ?", "[5]"));
        await ExecAsync($"UPDATE {Table} SET name = NULL, ratio = ? WHERE id = ?", "[9007199254740993, 5]");
        Assert.Equal("""[{"ratio":9007199254740992}]""", await QueryAsync($"SELECT ratio FROM {Table}"));
    }

    [Fact]
    public async Task Booleans_are_one_and_zero()
    {
        await ExecAsync($"INSERT INTO {Table} (id) VALUES (?), (?)", "[true,false]");

        Assert.Equal("""[{"id":0},{"id":1}]""", await QueryAsync($"SELECT id FROM {Table} ORDER BY id"));
    }

    [Fact]
    public async Task Aggregates_are_numbers()
    {
        await ExecAsync($"INSERT INTO {Table} (id) VALUES (1), (2)");

        Assert.Equal("""[{"highest":2,"many":2}]""", await QueryAsync($"SELECT MAX(id) AS highest, COUNT(*) AS many FROM {Table}"));
        Assert.Equal("[{}]", await QueryAsync($"SELECT MAX(id) AS highest FROM {Table} WHERE id > 5"));
    }

    [Fact]
    public async Task Of_columns_with_one_name_the_last_is_kept() => Assert.Equal("""[{"x":2}]""", await QueryAsync("SELECT 1 AS x, 2 AS x"));

    [Fact]
    public async Task Exec_tells_how_many_rows_it_changed_and_when()
    {
        var result = await InvokeAsync("exec", $"INSERT INTO {Table} (id) VALUES (1), (2), (3)");

        Assert.Empty(result.Data!);
        Assert.Equal("3", result.Metadata["rows-affected"]);
        Assert.Equal(["duration", "end-time", "operation", "rows-affected", "sql", "start-time"], result.Metadata.Keys.Order());
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$", result.Metadata["start-time"]);
        Assert.Equal(1, await ExecAsync($"UPDATE {Table} SET name = 'x' WHERE id = 2"));
        Assert.Equal(0, await ExecAsync($"DELETE FROM {Table} WHERE id = 9"));
    }

    [Fact]
    public async Task A_duplicate_key_is_MySQLs_error_1062()
    {
        await ExecAsync($"INSERT INTO {Table} (id) VALUES (1)");

        var error = await Assert.ThrowsAsync<BindingException>(() => ExecAsync($"INSERT INTO {Table} (id) VALUES (?)", """["1"]"""));

        Assert.StartsWith("error executing query: Error 1062 (23000): Duplicate entry", error.Message);
    }

    [Fact]
    public async Task A_statement_is_atomic()
    {
        await ExecAsync($"INSERT INTO {Table} (id) VALUES (2)");

        await Assert.ThrowsAsync<BindingException>(() => ExecAsync($"INSERT INTO {Table} (id) VALUES (1), (2), (3)"));

        Assert.Equal("""[{"id":2}]""", await QueryAsync($"SELECT id FROM {Table}"));
    }

    [Theory]
    [InlineData("exec", "SELECT 1; SELECT 2", null)]
    [InlineData("exec", "nonsense", null)]
    [InlineData("query", "SELECT ?", null)]
    [InlineData("query", "SELECT ?", "[1,2]")]
    [InlineData("query", "SELECT ?", "[{}]")]
    [InlineData("query", "SELECT ?", "[[1]]")]
    [InlineData("query", "SELECT ?", "{}")]
    [InlineData("query", "", null)]
    [InlineData("unknown", "SELECT 1", null)]
    public async Task What_cannot_run_is_refused(string operation, string sql, string? parameters) =>
        await Assert.ThrowsAsync<BindingException>(() => InvokeAsync(operation, sql, parameters));

    [Fact]
    public async Task Question_marks_and_semicolons_in_text_are_text() =>
        Assert.Equal("""[{"x":"a?;b"}]""", await QueryAsync("SELECT 'a?;b' AS x /* ?; */ ; -- ?;"));

    [Fact]
    public async Task Six_thousand_parameters_fit_in_a_statement()
    {
        var marks = string.Join(",", Enumerable.Repeat("(?,?,?,?)", 1500));
        var parameters = JsonSerializer.Serialize(Enumerable.Range(0, 1500).SelectMany(i => new string?[] { $"{i}", $"name {i}", null, "0.5" }));

        Assert.Equal(1500, await ExecAsync($"INSERT INTO {Table} (id, name, raw, ratio) VALUES {marks}", parameters));

        Assert.Equal("""[{"many":1500}]""", await QueryAsync($"SELECT COUNT(*) AS many FROM {Table}"));
    }

    [Fact]
    public async Task Statements_in_parallel_are_each_on_their_own()
    {
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 256).Select(i => Task.Run(() => SucceedsAsync(
            $"INSERT INTO {Table} (id) VALUES (?)", $"""["{i % 128}"]"""))));

        Assert.Equal(128, outcomes.Count(succeeded => succeeded));
        Assert.Equal("""[{"many":128}]""", await QueryAsync($"SELECT COUNT(*) AS many FROM {Table}"));
    }

    [Fact]
    public async Task A_closed_binding_stays_closed()
    {
        Assert.Null((await Binding.InvokeAsync(new BindingCall("close", [], new Dictionary<string, string>()), CancellationToken.None)).Data);

        var error = await Assert.ThrowsAsync<BindingException>(() => QueryAsync("SELECT 1"));
        Assert.Equal("component is closed", error.Message);
    }

    private async Task<bool> SucceedsAsync(string sql, string parameters)
    {
        try
        {
            return await ExecAsync(sql, parameters) == 1;
        }
        catch (BindingException error) when (error.Message.Contains("1062"))
        {
            return false;
        }
    }
}
