using System.Text;
using ImDapr.LocalDapr.Bindings;
using Microsoft.Extensions.Logging.Abstractions;

namespace ImDapr.UnitTests.LocalDapr.Bindings;

public sealed class SqliteBindingTests : SqlBindingContract
{
    private readonly TempFolder _folder = new();

    protected override IOutputBinding Create() => OutputBindings.Create(
        Components.Spec("bindings.sqlite", _folder.Path, ("url", "entities.db")), TimeProvider.System, NullLoggerFactory.Instance);

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Rows_that_collide_are_left_alone_and_not_counted()
    {
        await ExecAsync($"INSERT INTO {Table} (id, name) VALUES (1, 'first')");

        Assert.Equal(2, await ExecAsync($"INSERT INTO {Table} (id) VALUES (1), (2), (3) ON CONFLICT DO NOTHING"));
        Assert.Equal(0, await ExecAsync($"INSERT INTO {Table} (id) VALUES (1) ON CONFLICT DO NOTHING"));
        Assert.Equal(0, await ExecAsync($"CREATE INDEX {Table}_name ON {Table} (name)"));
    }

    [Fact]
    public async Task Executable_comments_of_MySQL_are_comments()
    {
        Assert.Equal("""[{"probe":1}]""", await QueryAsync("SELECT 1 /*! + 1 */ AS probe"));
        await ExecAsync($"CREATE TABLE {Table}_2 (id VARCHAR(64) /*! CHARACTER SET ascii COLLATE ascii_bin */ NOT NULL, PRIMARY KEY (id))");
        await ExecAsync($"INSERT INTO {Table}_2 (id) VALUES (?)", "[\"007\"]");

        Assert.Equal("""[{"id":"007"}]""", await QueryAsync($"SELECT id FROM {Table}_2"));
    }

    [Fact]
    public async Task A_query_that_writes_is_done_by_the_writer()
    {
        Assert.Equal("""[{"id":4}]""", await QueryAsync($"INSERT INTO {Table} (id) VALUES (4) RETURNING id"));
        Assert.Equal("""[{"id":4}]""", await QueryAsync($"SELECT id FROM {Table}"));
    }

    [Theory]
    [InlineData("BEGIN")]
    [InlineData("  /* hidden */ -- twice\n COMMIT")]
    [InlineData("rollback")]
    [InlineData("PRAGMA journal_mode=DELETE")]
    public async Task Nobody_can_meddle_with_the_shared_transaction(string sql) =>
        await Assert.ThrowsAsync<BindingException>(() => ExecAsync(sql));

    [Fact]
    public async Task A_column_that_was_added_is_seen_by_a_query_that_was_prepared_before()
    {
        await ExecAsync($"INSERT INTO {Table} (id, name, raw, ratio) VALUES (1, 'a', X'00', 1)");
        await QueryAsync($"SELECT * FROM {Table}");

        await ExecAsync($"ALTER TABLE {Table} ADD COLUMN extra INT DEFAULT 5");

        Assert.Equal("""[{"extra":5,"id":1,"name":"a","ratio":1,"raw":"AA=="}]""", await QueryAsync($"SELECT * FROM {Table}"));
    }

    [Fact]
    public async Task Rows_outlive_the_binding()
    {
        await ExecAsync($"INSERT INTO {Table} (id) VALUES (8)");
        await Binding.DisposeAsync();

        await using var again = Create();
        await again.InitAsync(CancellationToken.None);

        var call = new BindingCall("query", [], new Dictionary<string, string> { ["sql"] = $"SELECT id FROM {Table}" });
        var result = await again.InvokeAsync(call, CancellationToken.None);
        Assert.Equal("""[{"id":8}]""", Encoding.UTF8.GetString(result.Data!));
    }
}
