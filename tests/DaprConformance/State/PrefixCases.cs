using ImDapr.DaprConformance.Systems;

namespace ImDapr.DaprConformance.State;

/// <summary>Whose keys are whose: all these stores share one database.</summary>
public sealed class PrefixCases(ConformanceSystem system) : StateCases(system)
{
    [Theory, MemberData(nameof(Apis))]
    [Source("daprd:pkg/components/state/state_config.go")]
    public async Task By_default_keys_are_an_apps_own_and_its_instances_share_them(string api)
    {
        var key = NewKey();

        await Api(api).SaveAsync("state", key, "1");

        Assert.Equal("1", (await Api(api, A2).GetAsync("state", key)).Json);
        Assert.Equal("", (await Api(api, B).GetAsync("state", key)).Json);
    }

    [Theory]
    [InlineData("state-none", Sdk), InlineData("state-none", Http), InlineData("state-name", Sdk), InlineData("state-name", Http)]
    [InlineData("state-custom", Sdk), InlineData("state-custom", Http)]
    [Source("daprd:pkg/components/state/state_config.go")]
    public async Task With_none_name_or_a_word_of_its_own_a_store_is_shared_by_apps(string store, string api)
    {
        var key = NewKey();

        await Api(api).SaveAsync(store, key, "1");

        Assert.Equal("1", (await Api(api, B).GetAsync(store, key)).Json);
        Assert.Equal("", (await Api(api).GetAsync("state", key)).Json);
    }

    [Theory, MemberData(nameof(Apis))]
    [Source("daprd:pkg/components/state/state_config.go"), Source("dapr-contract 7.2")]
    public async Task A_prefix_is_lower_cased_and_may_be_a_secret(string api)
    {
        var key = NewKey();

        // One says "Shared" in its file, the other has "shared" out of a secret store.
        await Api(api).SaveAsync("state-custom", key, "1");

        Assert.Equal("1", (await Api(api).GetAsync("state-secret", key)).Json);
    }

    [Theory]
    [InlineData("state-none"), InlineData("state-name"), InlineData("state-custom")]
    [Source("daprd:pkg/components/state/state_config.go")]
    public async Task A_bulk_get_shows_keys_without_prefix(string store)
    {
        var key = NewKey();
        await Api(Http).SaveAsync(store, key, "1");

        Assert.Equal(key, Assert.Single(await Api(Http).GetManyAsync(store, [key])).Key);
        Assert.Equal(key, Assert.Single(await Api(Sdk).GetManyAsync(store, [key])).Key);
    }

    [Fact]
    [Source("daprd:pkg/internal/loader/disk/disk.go"), Source("dapr-contract 7.1")]
    public async Task A_component_is_there_for_the_apps_in_its_scopes()
    {
        (await A.GetAsync($"/v1.0/state/state-scoped/{NewKey()}")).Is(204);
        (await B.GetAsync($"/v1.0/state/state-scoped/{NewKey()}")).Is(400, "ERR_STATE_STORE_NOT_FOUND");
    }

    public static TheoryData<string> Apis { get; } = [Sdk, Http];
}
