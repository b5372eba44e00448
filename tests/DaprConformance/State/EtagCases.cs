using Dapr.Client;
using ImDapr.DaprConformance.Systems;

namespace ImDapr.DaprConformance.State;

/// <summary>Who may write, and what happens to the others.</summary>
public sealed class EtagCases(ConformanceSystem system) : StateCases(system)
{
    private static readonly Terms FirstWrite = new(Concurrency: ConcurrencyMode.FirstWrite);

    [Theory, MemberData(nameof(StoresAndApis))]
    [Source("cc:state/redis/redis.go"), Source("cc:state/mysql/mysql.go"), Source("cc:state/in-memory/in_memory.go")]
    public async Task The_current_etag_lets_a_save_pass_and_is_new_after_it(string store, string api)
    {
        var key = NewKey();
        await Api(api).SaveAsync(store, key, "1");
        var before = await Api(api).GetAsync(store, key);

        Assert.Equal(Outcome.Done, await Api(api).SaveAsync(store, key, "2", new Terms(before.ETag)));

        var after = await Api(api).GetAsync(store, key);
        Assert.Equal("2", after.Json);
        Assert.NotEqual(before.ETag, after.ETag);
    }

    [Theory, MemberData(nameof(StoresAndApis))]
    [Source("dapr-contract 2.2"), Source("dapr-contract 2.3")]
    public async Task A_stale_etag_is_a_conflict_and_changes_nothing(string store, string api)
    {
        var key = NewKey();
        await Api(api).SaveAsync(store, key, "1");
        var stale = (await Api(api).GetAsync(store, key)).ETag;
        await Api(api).SaveAsync(store, key, "2");

        Assert.Equal(Outcome.Conflict, await Api(api).SaveAsync(store, key, "3", new Terms(stale)));
        Assert.Equal(Outcome.Conflict, await Api(api).DeleteAsync(store, key, new Terms(stale)));

        Assert.Equal("2", (await Api(api).GetAsync(store, key)).Json);
    }

    [Theory, MemberData(nameof(StoresAndApis))]
    [Source("cc:state/redis/redis.go"), Source("cc:state/mysql/mysql.go"), Source("cc:state/in-memory/in_memory.go")]
    public async Task The_current_etag_lets_a_delete_pass(string store, string api)
    {
        var key = NewKey();
        await Api(api).SaveAsync(store, key, "1");

        Assert.Equal(Outcome.Done, await Api(api).DeleteAsync(store, key, new Terms((await Api(api).GetAsync(store, key)).ETag)));

        Assert.Equal("", (await Api(api).GetAsync(store, key)).Json);
    }

    [Theory, MemberData(nameof(StoresAndApis))]
    [Source("dapr-contract 2.4"), Source("cc:state/mysql/mysql.go"), Source("cc:state/in-memory/in_memory.go")]
    public async Task An_etag_on_a_missing_key_passes_with_Redis_alone(string store, string api)
    {
        var (saved, deleted) = (NewKey(), NewKey());
        var expected = IsRedis(store) ? Outcome.Done : Outcome.Conflict;

        Assert.Equal(expected, await Api(api).SaveAsync(store, saved, "1", new Terms("7")));
        Assert.Equal(expected, await Api(api).DeleteAsync(store, deleted, new Terms("7")));
    }

    [Theory, MemberData(nameof(StoresAndApis))]
    [Source("cc:state/redis/redis.go"), Source("dapr-contract 2.2")]
    public async Task An_etag_that_is_no_number_is_invalid_for_Redis_and_stale_for_others(string store, string api)
    {
        var key = NewKey();
        await Api(api).SaveAsync(store, key, "1");

        Assert.Equal(IsRedis(store) ? Outcome.Invalid : Outcome.Conflict, await Api(api).SaveAsync(store, key, "2", new Terms("not-a-number")));
    }

    [Theory, MemberData(nameof(StoresAndApis))]
    [Source("cc:state/redis/redis.go"), Source("dapr-contract 2.4")]
    public async Task Redis_counts_versions_from_one(string store, string api)
    {
        Assert.SkipUnless(IsRedis(store), "only state.redis counts");
        var key = NewKey();

        await Api(api).SaveAsync(store, key, "1");
        await Api(api).SaveAsync(store, key, "2");

        Assert.Equal("2", (await Api(api).GetAsync(store, key)).ETag);
    }

    [Theory, MemberData(nameof(StoresAndApis))]
    [Source("cc:state/redis/redis.go"), Source("cc:state/mysql/mysql.go"), Source("cc:state/in-memory/in_memory.go")]
    public async Task First_write_without_etag_takes_a_new_key_once(string store, string api)
    {
        var key = NewKey();

        Assert.Equal(Outcome.Done, await Api(api).SaveAsync(store, key, "1", FirstWrite));
        // Redis tells of a conflict only who has sent an etag.
        Assert.Equal(IsRedis(store) ? Outcome.Failed : Outcome.Conflict, await Api(api).SaveAsync(store, key, "2", FirstWrite));

        Assert.Equal("1", (await Api(api).GetAsync(store, key)).Json);
    }

    [Theory, MemberData(nameof(StoresAndApis))]
    [Source("dapr-contract 2.4"), Source("cc:state/redis/redis_query.go")]
    public async Task After_a_first_write_Redis_takes_no_save_without_etag(string store, string api)
    {
        var key = NewKey();
        await Api(api).SaveAsync(store, key, "1", FirstWrite);

        Assert.Equal(IsRedis(store) ? Outcome.Failed : Outcome.Done, await Api(api).SaveAsync(store, key, "2"));
    }

    [Theory, MemberData(nameof(StoresAndApis))]
    [Source("cc:state/redis/redis.go"), Source("cc:state/mysql/mysql.go"), Source("cc:state/in-memory/in_memory.go")]
    public async Task First_write_with_the_current_etag_passes(string store, string api)
    {
        var key = NewKey();
        await Api(api).SaveAsync(store, key, "1", FirstWrite);

        var etag = (await Api(api).GetAsync(store, key)).ETag;
        Assert.Equal(Outcome.Done, await Api(api).SaveAsync(store, key, "2", FirstWrite with { ETag = etag }));
        Assert.Equal(Outcome.Conflict, await Api(api).SaveAsync(store, key, "3", FirstWrite with { ETag = etag }));
    }

    [Theory, MemberData(nameof(StoresAndApis))]
    [Source("cc:state/redis/redis.go"), Source("cc:state/mysql/mysql.go"), Source("cc:state/in-memory/in_memory.go")]
    public async Task An_etag_with_last_write_is_checked_by_all_but_Redis(string store, string api)
    {
        var key = NewKey();
        await Api(api).SaveAsync(store, key, "1");
        var stale = (await Api(api).GetAsync(store, key)).ETag;
        await Api(api).SaveAsync(store, key, "2");

        var outcome = await Api(api).SaveAsync(store, key, "3", new Terms(stale, ConcurrencyMode.LastWrite));

        Assert.Equal(IsRedis(store) ? Outcome.Done : Outcome.Conflict, outcome);
    }

    [Theory, InlineData("state"), InlineData("state-mysql"), InlineData("state-memory")]
    [Source("cc:state/bulk.go")]
    public async Task Of_a_bulk_save_what_can_be_saved_is_saved(string store)
    {
        var (stale, fresh) = (NewKey(), NewKey());
        await Api(Http).SaveAsync(store, stale, "1");
        var etag = (await Api(Http).GetAsync(store, stale)).ETag;
        await Api(Http).SaveAsync(store, stale, "2");

        var answer = await A.SendAsync("POST", $"/v1.0/state/{store}", new object[] { new { key = stale, value = 3, etag }, new { key = fresh, value = 4 } });

        answer.Is(409, "ERR_STATE_SAVE");
        Assert.Equal("2", (await Api(Http).GetAsync(store, stale)).Json);
        Assert.Equal("4", (await Api(Http).GetAsync(store, fresh)).Json);
    }
}
