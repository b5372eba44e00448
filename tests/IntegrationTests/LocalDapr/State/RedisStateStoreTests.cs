using ImDapr.IntegrationTests.Clients;
using ImDapr.IntegrationTests.Servers;
using ImDapr.LocalDapr.Resources;
using ImDapr.LocalDapr.State;
using ImDapr.UnitTests.LocalDapr;
using ImDapr.UnitTests.LocalDapr.State;
using Microsoft.Extensions.Logging.Abstractions;
using StackExchange.Redis;

namespace ImDapr.IntegrationTests.LocalDapr.State;

[Collection(ComponentServers.Collection)]
public sealed class RedisStateStoreTests(ComponentServers servers) : StateStoreContract
{
    private static readonly CancellationToken None = CancellationToken.None;

    private ConnectionMultiplexer _redis = null!;

    private IDatabase Redis => _redis.GetDatabase();

    protected override IStateStore Create() => StateStores.Create(Spec(servers.RedisHost), TimeProvider.System, NullLoggerFactory.Instance);

    public override async Task InitializeAsync()
    {
        _redis = await ConnectionMultiplexer.ConnectAsync(servers.RedisHost);
        await base.InitializeAsync();
    }

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        await _redis.DisposeAsync();
    }

    [Fact]
    public async Task The_layout_is_that_of_daprd()
    {
        await WriteAsync(Key, "a");
        await WriteAsync(Key, "b");

        var fields = (await Redis.HashGetAllAsync(Key)).ToStringDictionary();

        Assert.Equal(new Dictionary<string, string> { ["data"] = "b", ["version"] = "2" }, fields);
    }

    [Fact]
    public async Task An_etag_on_a_missing_key_is_no_mismatch()
    {
        await Store.WriteAsync(Set(Key, "a", "7"), None);
        await Store.WriteAsync(Delete($"{Key}-missing", "7"), None);

        Assert.Equal("1", (await Store.GetAsync(Key, None))!.ETag);
    }

    [Fact]
    public async Task An_etag_that_is_no_number_is_invalid() =>
        await Assert.ThrowsAsync<InvalidETagException>(() => Store.WriteAsync(Set(Key, "a", "x7"), None));

    [Fact]
    public async Task After_a_first_write_a_save_without_etag_fails_in_general()
    {
        await Store.WriteAsync(Set(Key, "a", concurrency: StateConcurrency.FirstWrite), None);

        var error = await Assert.ThrowsAnyAsync<Exception>(() => Store.WriteAsync(Set(Key, "b"), None));

        Assert.IsNotType<ETagMismatchException>(error);
        await Store.WriteAsync(Set(Key, "c", "1"), None);
    }

    [Fact]
    public async Task A_transaction_does_not_roll_back()
    {
        await WriteAsync(Key, "a");

        var error = await Assert.ThrowsAnyAsync<Exception>(() =>
            Store.TransactAsync([Set($"{Key}-before", "x"), Set(Key, "b", "9"), Set($"{Key}-after", "y")], None));

        Assert.IsNotType<ETagMismatchException>(error);
        Assert.Equal(("x", "a", "y"), (await ValueAsync($"{Key}-before"), await ValueAsync(Key), await ValueAsync($"{Key}-after")));
    }

    [Fact]
    public async Task A_time_to_live_is_set_kept_and_ended()
    {
        await Store.WriteAsync(Set(Key, "a", ttl: 100), None);
        Assert.InRange((await Redis.KeyTimeToLiveAsync(Key))!.Value.TotalSeconds, 90, 100);

        await Store.TransactAsync([Set(Key, "b")], None);
        Assert.NotNull(await Redis.KeyTimeToLiveAsync(Key));

        await Store.TransactAsync([Set(Key, "c", ttl: 0)], None);
        Assert.Null(await Redis.KeyTimeToLiveAsync(Key));
    }

    [Fact]
    public async Task A_plain_string_can_be_read_and_is_replaced_by_a_write()
    {
        await Redis.StringSetAsync(Key, "plain");
        Assert.Equal(("plain", ""), (await ValueAsync(Key), (await Store.GetAsync(Key, None))!.ETag));

        await WriteAsync(Key, "hash");

        Assert.Equal("hash", await ValueAsync(Key));
    }

    [Fact]
    public async Task An_outage_is_an_error_within_seconds_and_ends_by_itself()
    {
        await using var mortal = await PrivateRedis.StartAsync();
        await using var store = StateStores.Create(Spec(mortal.Host), TimeProvider.System, NullLoggerFactory.Instance);
        await store.InitAsync(None);
        await store.WriteAsync(Set(Key, "kept"), None);

        await mortal.KillAsync();
        await Assert.ThrowsAnyAsync<Exception>(() => store.GetAsync(Key, None).WaitAsync(TimeSpan.FromSeconds(10)));
        await mortal.StartAgainAsync();

        await Eventually.SucceedsAsync<RedisConnectionException>(async () => Assert.NotNull(await store.GetAsync(Key, None)));
    }

    [Fact]
    public async Task A_server_that_is_not_there_names_the_file()
    {
        await using var store = StateStores.Create(Spec("127.0.0.1:1"), TimeProvider.System, NullLoggerFactory.Instance);

        var error = await Assert.ThrowsAsync<ComponentException>(() => store.InitAsync(None));

        Assert.Contains("test.yaml", error.Message);
    }

    private static ComponentSpec Spec(string host) => Components.Spec("state.redis", "/", ("redisHost", host));
}
