using ImDapr.IntegrationTests.Servers;
using ImDapr.LocalDapr.Bindings;
using ImDapr.LocalDapr.Resources;
using ImDapr.UnitTests.LocalDapr;
using ImDapr.UnitTests.LocalDapr.Bindings;
using Microsoft.Extensions.Logging.Abstractions;

namespace ImDapr.IntegrationTests.LocalDapr.Bindings;

[Collection(ComponentServers.Collection)]
public sealed class MySqlBindingTests(ComponentServers servers) : SqlBindingContract
{
    protected override IOutputBinding Create() => Open(servers.MySqlDsn);

    [Fact]
    public async Task Every_type_has_the_form_that_daprd_gives_it()
    {
        await ExecAsync(
            $"""
            CREATE TABLE {Table}_types (a TINYINT(1), b BIGINT UNSIGNED NOT NULL, c DECIMAL(10,3), d FLOAT, e DATE, f DATETIME(6), g TIME, h TIME(3),
              i ENUM('x','y'), j CHAR(36), k BLOB, l BIT(10), m YEAR, n TEXT, o DATETIME, p SMALLINT)
            """);
        await ExecAsync(
            $"""
            INSERT INTO {Table}_types VALUES (2, 18446744073709551615, 12.5, 0.1, '2026-01-02', '2026-01-02 03:04:05.123450', '-100:01:02', '01:02:03.500',
              'y', '0f8fad5b-d9cb-469f-a165-70867728950e', X'00ff', b'1000000001', 2026, 'text', '2026-01-02 03:04:05', -7)
            """);

        Assert.Equal(
            """
            [{"a":2,"b":18446744073709551615,"c":"12.500","d":0.1,"e":"2026-01-02T00:00:00Z","f":"2026-01-02T03:04:05.12345Z","g":"-100:01:02",
            "h":"01:02:03.500","i":"y","j":"0f8fad5b-d9cb-469f-a165-70867728950e","k":"AP8=","l":"AgE=","m":2026,"n":"text","o":"2026-01-02T03:04:05Z","p":-7}]
            """, await QueryAsync($"SELECT * FROM {Table}_types"), JsonText.Comparer);
    }

    [Fact]
    public async Task Rows_affected_are_rows_changed()
    {
        await ExecAsync($"INSERT INTO {Table} (id, name) VALUES (1, 'x')");

        Assert.Equal(0, await ExecAsync($"UPDATE {Table} SET name = 'x' WHERE id = 1"));
        Assert.Equal(1, await ExecAsync($"INSERT INTO {Table} (id) VALUES (1), (2) ON DUPLICATE KEY UPDATE id = id"));
    }

    [Fact]
    public async Task A_sum_of_integers_is_text()
    {
        await ExecAsync($"INSERT INTO {Table} (id) VALUES (1), (2)");

        Assert.Equal("""[{"total":"3"}]""", await QueryAsync($"SELECT SUM(id) AS total FROM {Table}"));
    }

    [Fact]
    public async Task A_double_beyond_2_to_the_53_finds_the_wrong_row()
    {
        await ExecAsync($"INSERT INTO {Table} (id) VALUES (6988349663661260800), (6988349663661260801)");

        var rows = await QueryAsync($"SELECT id FROM {Table} WHERE id = ?", "[6988349663661260801]");

        Assert.Contains("6988349663661260800", rows);
    }

    [Fact]
    public async Task Executable_comments_are_executed() => Assert.Equal("""[{"probe":2}]""", await QueryAsync("SELECT 1 /*! + 1 */ AS probe"));

    [Fact]
    public async Task Two_statements_run_only_when_the_url_allows_it()
    {
        await using var open = Open($"{servers.MySqlDsn}?multiStatements=true");
        await open.InitAsync(CancellationToken.None);
        var call = new BindingCall("exec", [], new Dictionary<string, string>
        {
            ["sql"] = $"INSERT INTO {Table} (id) VALUES (1); INSERT INTO {Table} (id) VALUES (2)",
        });

        await Assert.ThrowsAsync<BindingException>(() => Binding.InvokeAsync(call, CancellationToken.None));
        await open.InvokeAsync(call, CancellationToken.None);

        Assert.Equal("""[{"many":2}]""", await QueryAsync($"SELECT COUNT(*) AS many FROM {Table}"));
    }

    [Fact]
    public async Task A_crash_of_the_server_is_an_error_and_ends_by_itself()
    {
        await using var mortal = await PrivateMariaDb.StartAsync();
        await using var binding = Open(mortal.Dsn);
        await binding.InitAsync(CancellationToken.None);
        var call = new BindingCall("query", [], new Dictionary<string, string> { ["sql"] = "SELECT 1 AS x" });
        await binding.InvokeAsync(call, CancellationToken.None);

        await mortal.KillAsync();
        await Assert.ThrowsAsync<BindingException>(() => binding.InvokeAsync(call, CancellationToken.None));
        await mortal.StartAgainAsync();

        Assert.NotNull((await binding.InvokeAsync(call, CancellationToken.None)).Data);
    }

    [Theory]
    [InlineData("no dsn at all")]
    [InlineData("root@tcp(127.0.0.1:1)/db?loc=Local")]
    [InlineData("root@tcp(127.0.0.1:1)/db?sql_mode=ANSI")]
    [InlineData("root@tcp(127.0.0.1:1)/db?tls=unheard")]
    public void A_url_that_would_not_be_followed_is_refused_without_telling_the_password(string url)
    {
        var error = Assert.Throws<ComponentException>(() => Open(url));

        Assert.Contains("test.yaml", error.Message);
    }

    private static IOutputBinding Open(string dsn) => OutputBindings.Create(
        Components.Spec("bindings.mysql", "/", ("url", dsn), ("maxOpenConns", "16")), TimeProvider.System, NullLoggerFactory.Instance);
}
