using System.Globalization;
using ImDapr.DaprConformance.Systems;

namespace ImDapr.DaprConformance.State;

/// <summary>Values that end by themselves.</summary>
public sealed class TtlCases(ConformanceSystem system) : StateCases(system)
{
    [Theory, MemberData(nameof(StoresAndApis))]
    [Source("cc:state/redis/redis.go"), Source("cc:state/mysql/mysql.go"), Source("cc:state/in-memory/in_memory.go")]
    public async Task A_value_with_a_time_to_live_is_gone_after_it(string store, string api)
    {
        var key = NewKey();

        Assert.Equal(Outcome.Done, await Api(api).SaveAsync(store, key, "1", new Terms(TtlSeconds: "1")));

        await UntilAsync(() => Api(api).GetAsync(store, key), value => value.Json == "");
    }

    [Theory, InlineData("state"), InlineData("state-mysql"), InlineData("state-memory")]
    [Source("dapr-contract 2.4"), Source("dapr-contract 2.5"), Source("cc:state/mysql/mysql.go")]
    public async Task All_but_Redis_tell_when_a_value_ends(string store)
    {
        var key = NewKey();
        await Api(Http).SaveAsync(store, key, "1", new Terms(TtlSeconds: "60"));

        var end = (await A.GetAsync($"/v1.0/state/{store}/{key}")).Is(200).Header("metadata.ttlExpireTime");

        if (IsRedis(store))
            Assert.Null(end);
        else
            Assert.InRange(DateTimeOffset.Parse(end!, CultureInfo.InvariantCulture) - DateTimeOffset.UtcNow, TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(62));
    }

    [Theory, MemberData(nameof(StoresAndApis))]
    [Source("dapr-contract 2.4"), Source("cc:state/mysql/mysql.go"), Source("cc:state/in-memory/in_memory.go")]
    public async Task A_save_without_a_time_to_live_ends_an_earlier_one_but_not_in_Redis(string store, string api)
    {
        var key = NewKey();
        await Api(api).SaveAsync(store, key, "1", new Terms(TtlSeconds: "1"));
        await Api(api).SaveAsync(store, key, "2");

        if (IsRedis(store))
        {
            await UntilAsync(() => Api(api).GetAsync(store, key), value => value.Json == "");
            return;
        }
        await Task.Delay(TimeSpan.FromSeconds(1.5), Token); // nothing must happen: there is nothing to wait for
        Assert.Equal("2", (await Api(api).GetAsync(store, key)).Json);
    }

    [Theory, InlineData("state"), InlineData("state-mysql"), InlineData("state-memory")]
    [Source("cc:state/redis/redis.go"), Source("cc:state/utils/ttl.go"), Source("cc:state/in-memory/in_memory.go")]
    public async Task A_time_to_live_of_minus_one_is_none(string store)
    {
        var key = NewKey();
        await Api(Http).SaveAsync(store, key, "1", new Terms(TtlSeconds: "1"));
        await Api(Http).SaveAsync(store, key, "2", new Terms(TtlSeconds: "-1"));

        await Task.Delay(TimeSpan.FromSeconds(1.5), Token); // nothing must happen: there is nothing to wait for

        Assert.Equal("2", (await Api(Http).GetAsync(store, key)).Json);
    }

    [Theory, MemberData(nameof(StoresAndApis))]
    [Source("cc:state/redis/redis.go"), Source("cc:state/utils/ttl.go"), Source("cc:state/in-memory/in_memory.go")]
    public async Task A_time_to_live_that_is_no_number_is_an_error(string store, string api)
    {
        var key = NewKey();

        Assert.Equal(Outcome.Failed, await Api(api).SaveAsync(store, key, "1", new Terms(TtlSeconds: "soon")));

        Assert.Equal("", (await Api(api).GetAsync(store, key)).Json);
    }

    [Theory, InlineData("state", true), InlineData("state-mysql", false), InlineData("state-memory", true)]
    [Source("cc:state/redis/redis.go"), Source("cc:state/utils/ttl.go"), Source("cc:state/in-memory/in_memory.go")]
    public async Task A_time_to_live_below_minus_one_is_none_or_an_error(string store, bool isNone)
    {
        var outcome = await Api(Http).SaveAsync(store, NewKey(), "1", new Terms(TtlSeconds: "-2"));

        // The embedded components have another type under that name, which refuses too.
        Assert.Equal(isNone && (store != "state" || IsRedis(store)) ? Outcome.Done : Outcome.Failed, outcome);
    }

    [Theory, InlineData("state"), InlineData("state-mysql"), InlineData("state-memory")]
    [Source("cc:state/redis/redis.go"), Source("cc:state/utils/ttl.go"), Source("cc:state/in-memory/in_memory.go")]
    public async Task A_time_to_live_has_one_name_and_no_other_letters(string store)
    {
        var key = NewKey();
        (await A.SendAsync("POST", $"/v1.0/state/{store}?metadata.TTLInSeconds=1", $$"""[{"key":"{{key}}","value":1}]""")).Is(204);

        await Task.Delay(TimeSpan.FromSeconds(1.5), Token); // nothing must happen: there is nothing to wait for

        Assert.Equal("1", (await Api(Http).GetAsync(store, key)).Json);
    }

    [Fact]
    [Source("daprd:pkg/api/http/http.go")]
    public async Task Metadata_of_the_query_count_for_every_item()
    {
        var key = NewKey();

        (await A.SendAsync("POST", "/v1.0/state/state?metadata.ttlInSeconds=1", $$"""[{"key":"{{key}}","value":1}]""")).Is(204);

        await UntilAsync(() => Api(Http).GetAsync("state", key), value => value.Json == "");
    }
}
