using ImDapr.IntegrationTests.Servers;
using ImDapr.LocalDapr.Resources;
using ImDapr.LocalDapr.State;
using ImDapr.UnitTests.LocalDapr;
using ImDapr.UnitTests.LocalDapr.State;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using MySqlConnector;

namespace ImDapr.IntegrationTests.LocalDapr.State;

[Collection(ComponentServers.Collection)]
public sealed class MySqlStateStoreTests(ComponentServers servers) : StateStoreContract
{
    private static readonly CancellationToken None = CancellationToken.None;

    private readonly string _schema = $"state_{Guid.NewGuid():N}";
    private readonly FakeTimeProvider _time = new();
    private MySqlConnection _database = null!;

    protected override IStateStore Create() => StateStores.Create(Spec(), _time, NullLoggerFactory.Instance);

    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        var server = new UriBuilder($"mysql://{servers.MySqlDsn.Replace("tcp(", "").Replace(")", "")}");
        _database = new MySqlConnection(new MySqlConnectionStringBuilder
        {
            Server = server.Host,
            Port = (uint)server.Port,
            UserID = server.UserName,
            Password = server.Password,
            Database = _schema,
        }.ConnectionString);
        await _database.OpenAsync();
    }

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        await ExecuteAsync($"DROP DATABASE {_schema}");
        await _database.DisposeAsync();
    }

    [Fact]
    public async Task The_tables_are_those_of_daprd()
    {
        Assert.Equal(
            [
                "id varchar(255) NO PRI", "value longtext NO ", "isbinary tinyint(1) NO ", "insertDate timestamp NO ", "updateDate timestamp NO ",
                "eTag varchar(36) NO ", "expiredate timestamp YES MUL", "row_id bigint(20) unsigned NO UNI",
            ], await ColumnsAsync("state"));
        Assert.Equal(["id varchar(255) NO PRI", "value text NO "], await ColumnsAsync("dapr_metadata"));
    }

    [Fact]
    public async Task Bytes_are_base64_in_JSON_and_JSON_is_itself()
    {
        await Store.WriteAsync(Set($"{Key}-bytes", "{}?>"), None);
        await Store.WriteAsync(Set($"{Key}-json", """{"a":[1,"\\é"]}""") with { IsJson = true }, None);

        Assert.Equal("\"e30/Pg==\" 1", await ScalarAsync($"SELECT CONCAT(value, ' ', isbinary) FROM state WHERE id = '{Key}-bytes'"));
        Assert.Equal("""{"a":[1,"\\é"]} 0""", await ScalarAsync($"SELECT CONCAT(value, ' ', isbinary) FROM state WHERE id = '{Key}-json'"));
        Assert.Equal("""{"a":[1,"\\é"]}""", await ValueAsync($"{Key}-json"));
    }

    [Fact]
    public async Task Rows_that_daprd_wrote_are_read_changed_and_deleted()
    {
        const string ETag = "6f2f2a51-5f0e-4c62-9d4e-0d4f3f1f5a10";
        await ExecuteAsync($"""INSERT INTO state (id, value, isbinary, eTag) VALUES ('{Key}', '"YWJj"', true, '{ETag}')""");

        Assert.Equal(("abc", ETag), (await ValueAsync(Key), (await Store.GetAsync(Key, None))!.ETag));
        await Store.WriteAsync(Set(Key, "b", ETag), None);
        await Store.WriteAsync(Delete(Key, (await Store.GetAsync(Key, None))!.ETag), None);

        Assert.Null(await ValueAsync(Key));
    }

    [Fact]
    public async Task Tables_of_an_earlier_Dapr_are_brought_up_to_date()
    {
        await ExecuteAsync("CREATE TABLE old (id VARCHAR(255) NOT NULL PRIMARY KEY, value JSON NOT NULL, isbinary BOOLEAN NOT NULL, eTag CHAR(36) NOT NULL)");
        await ExecuteAsync("""INSERT INTO old VALUES ('old', '"YWJj"', true, 'x')""");

        await using var store = StateStores.Create(Spec(("tableName", "old")), _time, NullLoggerFactory.Instance);
        await store.InitAsync(None);

        Assert.Equal("abc"u8.ToArray(), (await store.GetAsync("old", None))!.Value);
        Assert.Equal(["expiredate timestamp YES MUL", "row_id bigint(20) unsigned NO UNI"], (await ColumnsAsync("old")).TakeLast(2));
    }

    [Fact]
    public async Task Sidecars_that_start_together_share_the_tables()
    {
        var stores = Enumerable.Range(0, 8).Select(_ => StateStores.Create(Spec(("tableName", "shared")), _time, NullLoggerFactory.Instance)).ToList();

        await Task.WhenAll(stores.Select(store => store.InitAsync(None)));
        await stores[0].WriteAsync(Set(Key, "shared"), None);

        Assert.Equal("shared"u8.ToArray(), (await stores[7].GetAsync(Key, None))!.Value);
        foreach (var store in stores)
            await store.DisposeAsync();
    }

    [Theory]
    [InlineData(StateConcurrency.Unspecified)]
    [InlineData(StateConcurrency.LastWrite)]
    public async Task An_etag_on_a_missing_key_is_a_mismatch(StateConcurrency concurrency)
    {
        var error = await Assert.ThrowsAsync<ETagMismatchException>(() => Store.WriteAsync(Set(Key, "a", "some", concurrency), None));
        await Assert.ThrowsAsync<ETagMismatchException>(() => Store.WriteAsync(Delete(Key, "some"), None));

        Assert.Equal("possible etag mismatch. error from state store: rows affected error: no rows match given key and eTag", error.Message);
    }

    [Fact]
    public async Task A_first_write_over_what_is_there_is_a_mismatch()
    {
        await WriteAsync(Key, "a");

        await Assert.ThrowsAsync<ETagMismatchException>(() => Store.WriteAsync(Set(Key, "b", concurrency: StateConcurrency.FirstWrite), None));
    }

    [Fact]
    public async Task A_transaction_is_all_or_nothing()
    {
        await WriteAsync(Key, "a");

        await Assert.ThrowsAsync<ETagMismatchException>(() => Store.TransactAsync([Set($"{Key}-other", "x"), Delete(Key), Set(Key, "b", "old")], None));

        Assert.Equal((null, "a"), (await ValueAsync($"{Key}-other"), await ValueAsync(Key)));
    }

    [Fact]
    public async Task A_transaction_sees_its_own_writes()
    {
        await Store.TransactAsync([Set(Key, "a"), Delete(Key), Set(Key, "b", concurrency: StateConcurrency.FirstWrite)], None);

        Assert.Equal("b", await ValueAsync(Key));
    }

    [Fact]
    public async Task A_time_to_live_is_told_and_ended_by_the_next_write()
    {
        await Store.WriteAsync(Set(Key, "a", ttl: 100), None);
        var told = (await Store.GetAsync(Key, None))!.Metadata!["ttlExpireTime"];
        Assert.Equal(await ScalarAsync($"SELECT DATE_FORMAT(expiredate, '%Y-%m-%dT%H:%i:%sZ') FROM state WHERE id = '{Key}'"), told);
        var left = await ScalarAsync($"SELECT TIMESTAMPDIFF(SECOND, CURRENT_TIMESTAMP, expiredate) FROM state WHERE id = '{Key}'");
        Assert.InRange(Convert.ToInt32(left), 80, 100);

        await Store.WriteAsync(Set(Key, "b", ttl: -1), None);
        Assert.Null((await Store.GetAsync(Key, None))!.Metadata);
        await Assert.ThrowsAsync<StateStoreException>(() => Store.WriteAsync(Set(Key, "c", ttl: -2), None));
    }

    [Fact]
    public async Task An_expired_row_is_missing_but_in_the_way_of_a_first_write()
    {
        var etag = await WriteAsync(Key, "a");
        await ExpireAsync(Key);

        Assert.Null(await ValueAsync(Key));
        await Assert.ThrowsAsync<ETagMismatchException>(() => Store.WriteAsync(Set(Key, "b", etag), None));
        var error = await Assert.ThrowsAsync<StateStoreException>(() => Store.WriteAsync(Set(Key, "b", concurrency: StateConcurrency.FirstWrite), None));
        Assert.StartsWith("Error 1062 (23000): Duplicate entry", error.Message);
        await Store.WriteAsync(Set(Key, "c"), None);

        Assert.Equal("c", await ValueAsync(Key));
    }

    [Fact]
    public async Task Expired_rows_are_removed_once_per_interval()
    {
        await WriteAsync(Key, "a");
        await WriteAsync($"{Key}-kept", "b");
        await ExpireAsync(Key);

        _time.Advance(TimeSpan.FromHours(1));
        await UntilAsync("SELECT COUNT(*) FROM state", 1);
        Assert.NotNull(await ScalarAsync("SELECT id FROM dapr_metadata WHERE value >= CURRENT_TIMESTAMP - INTERVAL 1 MINUTE AND id = 'last-cleanup'"));

        // Somebody has cleaned up an hour and a bit ago, by the server's clock.
        await ExecuteAsync("UPDATE dapr_metadata SET value = CURRENT_TIMESTAMP - INTERVAL 3601 SECOND");
        await ExpireAsync($"{Key}-kept");
        _time.Advance(TimeSpan.FromHours(1));
        await UntilAsync("SELECT COUNT(*) FROM state", 0);
    }

    [Fact]
    public async Task A_statement_that_takes_too_long_fails()
    {
        await using var store = StateStores.Create(Spec(("timeoutInSeconds", "5")), _time, NullLoggerFactory.Instance);
        await store.InitAsync(None);
        await WriteAsync(Key, "a");
        await ExecuteAsync("START TRANSACTION");
        await ExecuteAsync("UPDATE state SET eTag = 'locked'");

        var blocked = store.WriteAsync(Set(Key, "b"), None);
        await UntilAsync("SELECT COUNT(*) FROM information_schema.processlist WHERE info LIKE 'REPLACE INTO state%'", 1);
        _time.Advance(TimeSpan.FromSeconds(5));

        Assert.Equal("context deadline exceeded", (await Assert.ThrowsAsync<StateStoreException>(() => blocked)).Message);
        await ExecuteAsync("ROLLBACK");
        Assert.Equal("a", await ValueAsync(Key));
    }

    [Fact]
    public async Task An_outage_is_an_error_and_ends_by_itself()
    {
        await using var mortal = await PrivateMariaDb.StartAsync();
        await using var store = StateStores.Create(Spec(("connectionString", $"root@tcp(127.0.0.1:{mortal.Port})/")), _time, NullLoggerFactory.Instance);
        await store.InitAsync(None);
        await store.WriteAsync(Set(Key, "kept"), None);

        await mortal.KillAsync();
        await Assert.ThrowsAsync<StateStoreException>(() => store.GetAsync(Key, None));
        await mortal.StartAgainAsync();

        Assert.Equal("kept"u8.ToArray(), (await store.GetAsync(Key, None))!.Value);
    }

    [Theory]
    [InlineData("connectionString", "u:secret@tcp(127.0.0.1:1)/")]
    [InlineData("connectionString", "u:secret@tcp(127.0.0.1:1)/database")]
    [InlineData("connectionString", "u:secret@unix(/run/mysqld.sock)/")]
    [InlineData("connectionString", "")]
    [InlineData("tableName", "state; DROP TABLE state")]
    [InlineData("schemaName", "a-b")]
    [InlineData("metadataTableName", "a.b")]
    [InlineData("timeoutInSeconds", "1m")]
    [InlineData("pemPath", "missing.pem")]
    public async Task Metadata_that_cannot_be_used_names_the_file(string name, string value)
    {
        var error = await Assert.ThrowsAsync<ComponentException>(() =>
            StateStores.Create(Spec((name, value)), _time, NullLoggerFactory.Instance).InitAsync(None));

        Assert.Contains("test.yaml", error.Message);
        Assert.DoesNotContain("secret", error.Message);
    }

    private ComponentSpec Spec(params (string Name, string Value)[] metadata) => Components.Spec(
        "state.mysql", "/",
        [("connectionString", servers.MySqlDsn[..(servers.MySqlDsn.LastIndexOf('/') + 1)]), ("schemaName", _schema), .. metadata]);

    private Task ExpireAsync(string key) => ExecuteAsync($"UPDATE state SET expiredate = CURRENT_TIMESTAMP - INTERVAL 1 SECOND WHERE id = '{key}'");

    private async Task<List<string>> ColumnsAsync(string table)
    {
        await using var command = new MySqlCommand($"SHOW COLUMNS FROM {table}", _database);
        await using var rows = await command.ExecuteReaderAsync();
        var columns = new List<string>();
        while (await rows.ReadAsync())
            columns.Add($"{rows.GetString(0)} {rows.GetString(1)} {rows.GetString(2)} {rows.GetString(3)}");
        return columns;
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var command = new MySqlCommand(sql, _database);
        await command.ExecuteNonQueryAsync();
    }

    private async Task<object?> ScalarAsync(string sql)
    {
        await using var command = new MySqlCommand(sql, _database);
        return await command.ExecuteScalarAsync();
    }

    private async Task UntilAsync(string sql, long expected)
    {
        using var limit = new CancellationTokenSource(Components.Patience);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (Convert.ToInt64(await ScalarAsync(sql)) != expected)
            await timer.WaitForNextTickAsync(limit.Token);
    }
}
