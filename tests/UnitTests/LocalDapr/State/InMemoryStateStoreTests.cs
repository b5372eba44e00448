using ImDapr.LocalDapr.State;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace ImDapr.UnitTests.LocalDapr.State;

public sealed class InMemoryStateStoreTests : StateStoreContract
{
    private static readonly CancellationToken None = CancellationToken.None;

    private readonly FakeTimeProvider _time = new(DateTimeOffset.Parse("2026-01-02T03:04:05Z"));

    protected override IStateStore Create() => StateStores.Create(Components.Spec("state.in-memory", "/"), _time, NullLoggerFactory.Instance);

    [Fact]
    public async Task Two_stores_share_nothing()
    {
        await using var other = Create();
        await other.InitAsync(None);

        await other.WriteAsync(Set(Key, "private"), None);

        Assert.Null(await ValueAsync(Key));
    }

    [Fact]
    public async Task An_etag_is_a_random_uuid() => Assert.True(Guid.TryParseExact(await WriteAsync(Key, "a"), "D", out _));

    [Theory]
    [InlineData(StateConcurrency.Unspecified)]
    [InlineData(StateConcurrency.FirstWrite)]
    [InlineData(StateConcurrency.LastWrite)]
    public async Task An_etag_on_a_missing_key_is_a_mismatch(StateConcurrency concurrency)
    {
        var error = await Assert.ThrowsAsync<ETagMismatchException>(() => Store.WriteAsync(Set(Key, "a", "some", concurrency), None));
        await Assert.ThrowsAsync<ETagMismatchException>(() => Store.WriteAsync(Delete(Key, "some") with { Concurrency = concurrency }, None));

        Assert.Equal($"possible etag mismatch. error from state store: state not exist or expired for key={Key}", error.Message);
        Assert.Null(await ValueAsync(Key));
    }

    [Fact]
    public async Task An_old_etag_is_a_mismatch_even_for_the_last_write()
    {
        var current = await WriteAsync(Key, "a");

        var error = await Assert.ThrowsAsync<ETagMismatchException>(() => Store.WriteAsync(Set(Key, "b", "old", StateConcurrency.LastWrite), None));

        Assert.Equal($"possible etag mismatch. error from state store: state etag not match for key={Key}: current={current}, expect=old", error.Message);
    }

    [Fact]
    public async Task A_first_write_without_etag_touches_nothing_that_is_there()
    {
        await WriteAsync(Key, "a");

        await Assert.ThrowsAsync<ETagMismatchException>(() => Store.WriteAsync(Set(Key, "b", concurrency: StateConcurrency.FirstWrite), None));
        await Assert.ThrowsAsync<ETagMismatchException>(() => Store.WriteAsync(Delete(Key) with { Concurrency = StateConcurrency.FirstWrite }, None));

        Assert.Equal("a", await ValueAsync(Key));
    }

    [Fact]
    public async Task A_transaction_checks_all_etags_before_it_changes_anything()
    {
        var etag = await WriteAsync(Key, "a");

        await Assert.ThrowsAsync<ETagMismatchException>(() => Store.TransactAsync([Set($"{Key}-other", "x"), Delete(Key), Set(Key, "b", "old")], None));
        Assert.Equal((null, "a"), (await ValueAsync($"{Key}-other"), await ValueAsync(Key)));

        // The etag was the right one before the transaction: that it deletes the key first does not matter.
        await Store.TransactAsync([Delete(Key), Set(Key, "b", etag)], None);
        Assert.Equal("b", await ValueAsync(Key));
    }

    [Fact]
    public async Task A_value_is_there_until_its_time_to_live_is_over()
    {
        await Store.WriteAsync(Set(Key, "a", ttl: 10), None);
        Assert.Equal("2026-01-02T03:04:15Z", (await Store.GetAsync(Key, None))!.Metadata!["ttlExpireTime"]);

        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal("a", await ValueAsync(Key));

        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Null(await ValueAsync(Key));
    }

    [Fact]
    public async Task An_expired_value_counts_until_the_cleanup_of_every_second()
    {
        await Store.WriteAsync(Set(Key, "a", ttl: 1), None);
        _time.Advance(TimeSpan.FromSeconds(1)); // a cleanup, and the last moment of the value
        _time.Advance(TimeSpan.FromMilliseconds(500));
        await Assert.ThrowsAsync<ETagMismatchException>(() => Store.WriteAsync(Set(Key, "b", concurrency: StateConcurrency.FirstWrite), None));

        _time.Advance(TimeSpan.FromMilliseconds(500));
        await Store.WriteAsync(Set(Key, "c", concurrency: StateConcurrency.FirstWrite), None);

        Assert.Equal("c", await ValueAsync(Key));
    }

    [Theory]
    [InlineData(null)]
    [InlineData(0)]
    [InlineData(-1)]
    public async Task A_write_without_a_time_to_live_ends_an_earlier_one(int? ttl)
    {
        await Store.WriteAsync(Set(Key, "a", ttl: 10), None);
        await Store.WriteAsync(Set(Key, "b", ttl: ttl), None);

        _time.Advance(TimeSpan.FromDays(1));

        Assert.Equal(("b", null), (await ValueAsync(Key), (await Store.GetAsync(Key, None))!.Metadata));
    }
}
