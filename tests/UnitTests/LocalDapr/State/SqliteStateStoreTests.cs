using ImDapr.LocalDapr.Resources;
using ImDapr.LocalDapr.State;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace ImDapr.UnitTests.LocalDapr.State;

public sealed class SqliteStateStoreTests : StateStoreContract
{
    private static readonly CancellationToken None = CancellationToken.None;

    private readonly TempFolder _folder = new();
    private readonly FakeTimeProvider _time = new(DateTimeOffset.Parse("2026-01-02T03:04:05Z"));

    protected override IStateStore Create() => StateStores.Create(
        Components.Spec("state.sqlite", _folder.Path, ("connectionString", "deep/state.db")), _time, NullLoggerFactory.Instance);

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task State_outlives_the_store()
    {
        var etag = await WriteAsync(Key, "kept");
        await Store.DisposeAsync();

        await InitializeAsync();

        Assert.Equal(("kept", etag), (await ValueAsync(Key), (await Store.GetAsync(Key, None))!.ETag));
    }

    [Fact]
    public async Task Two_stores_on_one_file_see_the_same()
    {
        await using var other = Create();
        await other.InitAsync(None);

        await other.WriteAsync(Set(Key, "shared"), None);

        Assert.Equal("shared", await ValueAsync(Key));
    }

    [Fact]
    public async Task An_etag_on_a_missing_key_is_a_mismatch()
    {
        await Assert.ThrowsAsync<ETagMismatchException>(() => Store.WriteAsync(Set(Key, "a", "some"), None));
        await Assert.ThrowsAsync<ETagMismatchException>(() => Store.WriteAsync(Delete(Key, "some"), None));
    }

    [Fact]
    public async Task A_transaction_is_all_or_nothing()
    {
        await WriteAsync(Key, "a");

        await Assert.ThrowsAsync<ETagMismatchException>(() => Store.TransactAsync([Set($"{Key}-other", "x"), Set(Key, "b", "old")], None));

        Assert.Equal((null, "a"), (await ValueAsync($"{Key}-other"), await ValueAsync(Key)));
    }

    [Fact]
    public async Task Refused_writes_leave_those_alone_that_share_their_commit()
    {
        await WriteAsync(Key, "a");

        var writes = Enumerable.Range(0, 64).Select(i => Task.Run(() => i % 2 == 0
            ? Store.WriteAsync(Set($"{Key}-{i}", "kept"), None)
            : Store.TransactAsync([Set($"{Key}-{i}", "undone"), Set(Key, "b", "old")], None))).ToArray();
        await Task.WhenAll(writes).ContinueWith(_ => { }, TaskScheduler.Default);

        for (var i = 0; i < 64; i++)
        {
            Assert.Equal(i % 2 == 0, writes[i].IsCompletedSuccessfully);
            Assert.Equal(i % 2 == 0 ? "kept" : null, await ValueAsync($"{Key}-{i}"));
        }
    }

    [Fact]
    public async Task A_cancelled_write_is_not_made()
    {
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Store.WriteAsync(Set(Key, "a"), cancelled.Token));
        Assert.Null(await ValueAsync(Key));
    }

    [Fact]
    public async Task A_value_expires_when_its_time_to_live_is_over()
    {
        await Store.WriteAsync(Set(Key, "a", ttl: 10), None);
        var entry = await Store.GetAsync(Key, None);
        Assert.Equal("2026-01-02T03:04:15Z", entry!.Metadata!["ttlExpireTime"]);

        _time.Advance(TimeSpan.FromSeconds(10));

        Assert.Null(await Store.GetAsync(Key, None));
        await Assert.ThrowsAsync<ETagMismatchException>(() => Store.WriteAsync(Set(Key, "b", entry.ETag), None));
        await Store.WriteAsync(Set(Key, "new", concurrency: StateConcurrency.FirstWrite), None);
        Assert.Equal("new", await ValueAsync(Key));
    }

    [Fact]
    public async Task A_write_without_a_time_to_live_ends_an_earlier_one()
    {
        await Store.WriteAsync(Set(Key, "a", ttl: 10), None);
        await Store.WriteAsync(Set(Key, "b"), None);

        _time.Advance(TimeSpan.FromDays(1));

        Assert.Equal("b", await ValueAsync(Key));
    }

    [Fact]
    public async Task Expired_values_leave_the_file_with_a_later_write()
    {
        for (var i = 0; i < 10; i++)
            await Store.WriteAsync(Set($"{Key}-{i}", "a", ttl: 10), None);

        _time.Advance(TimeSpan.FromHours(2));
        await Store.WriteAsync(Set(Key, "b"), None);

        using var connection = new SqliteConnection($"Data Source={Path.Combine(_folder.Path, "deep/state.db")};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT COUNT(*) FROM state";
        Assert.Equal(1L, command.ExecuteScalar());
    }

    [Theory]
    [InlineData("tableName", "state; DROP TABLE state")]
    [InlineData("connectionString", ":memory:")]
    public async Task Metadata_that_cannot_be_used_names_the_file(string name, string value)
    {
        var spec = Components.Spec("state.sqlite", _folder.Path, ("connectionString", "state.db")).With((name, value));

        var error = await Assert.ThrowsAsync<ComponentException>(async () =>
            await StateStores.Create(spec, _time, NullLoggerFactory.Instance).InitAsync(None));

        Assert.Contains("test.yaml", error.Message);
    }

    [Fact]
    public void An_unknown_type_lists_the_known_ones()
    {
        var error = Assert.Throws<ComponentException>(() =>
            StateStores.Create(Components.Spec("state.unknown", _folder.Path), _time, NullLoggerFactory.Instance));

        Assert.Contains("state.redis", error.Message);
        Assert.Contains("state.sqlite", error.Message);
        Assert.Contains("test.yaml", error.Message);
    }
}
