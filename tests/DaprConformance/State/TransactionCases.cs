using Grpc.Core;
using ImDapr.DaprConformance.Systems;

namespace ImDapr.DaprConformance.State;

/// <summary>Several operations in one.</summary>
public sealed class TransactionCases(ConformanceSystem system) : StateCases(system)
{
    [Theory, MemberData(nameof(StoresAndApis))]
    [Source("daprd:pkg/api/grpc/grpc.go"), Source("daprd:pkg/api/http/http.go")]
    public async Task A_transaction_saves_and_deletes(string store, string api)
    {
        var (saved, deleted) = (NewKey(), NewKey());
        await Api(api).SaveAsync(store, deleted, "1");

        Assert.Equal(Outcome.Done, await Api(api).TransactAsync(store, (saved, "2", Terms.None), (deleted, null, Terms.None)));

        Assert.Equal(("2", ""), ((await Api(api).GetAsync(store, saved)).Json, (await Api(api).GetAsync(store, deleted)).Json));
    }

    [Theory, MemberData(nameof(StoresAndApis))]
    [Source("dapr-contract 2.2"), Source("dapr-contract 2.4"), Source("dapr-contract 2.5"), Source("cc:state/mysql/mysql.go")]
    public async Task A_conflict_fails_a_transaction_and_Redis_keeps_the_rest_of_it(string store, string api)
    {
        var (other, conflicting) = (NewKey(), NewKey());
        await Api(api).SaveAsync(store, conflicting, "1");
        var stale = (await Api(api).GetAsync(store, conflicting)).ETag;
        await Api(api).SaveAsync(store, conflicting, "2");

        var outcome = await Api(api).TransactAsync(store, (other, "3", Terms.None), (conflicting, "4", new Terms(stale)));

        // Not Aborted: a transaction's errors are not looked at.
        Assert.Equal(Outcome.Failed, outcome);
        Assert.Equal("2", (await Api(api).GetAsync(store, conflicting)).Json);
        Assert.Equal(IsRedis(store) ? "3" : "", (await Api(api).GetAsync(store, other)).Json);
    }

    [Theory, MemberData(nameof(StoresAndApis))]
    [Source("cc:state/redis/redis.go"), Source("cc:state/mysql/mysql.go"), Source("cc:state/in-memory/in_memory.go")]
    public async Task A_transaction_may_give_times_to_live(string store, string api)
    {
        var (brief, lasting) = (NewKey(), NewKey());

        await Api(api).TransactAsync(store, (brief, "1", new Terms(TtlSeconds: "1")), (lasting, "2", Terms.None));

        await UntilAsync(() => Api(api).GetAsync(store, brief), value => value.Json == "");
        Assert.Equal("2", (await Api(api).GetAsync(store, lasting)).Json);
    }

    [Theory, InlineData("state"), InlineData("state-mysql"), InlineData("state-memory")]
    [Source("daprd:pkg/api/http/http.go")]
    public async Task A_transaction_of_nothing_is_done(string store) =>
        (await A.SendAsync("POST", $"/v1.0/state/{store}/transaction", """{"operations":[]}""")).Is(204);

    [Fact]
    [Source("daprd:pkg/api/http/http.go")]
    public async Task An_unknown_operation_is_400() =>
        (await A.SendAsync("POST", "/v1.0/state/state/transaction", """{"operations":[{"operation":"swap","request":{"key":"k"}}]}"""))
            .Is(400, "ERR_NOT_SUPPORTED_STATE_OPERATION");

    [Fact]
    [Source("daprd:pkg/api/http/http.go")]
    public async Task A_malformed_transaction_is_400() =>
        (await A.SendAsync("POST", "/v1.0/state/state/transaction", "{")).Is(400, "ERR_MALFORMED_REQUEST");

    [Theory, InlineData(Sdk), InlineData(Http)]
    [Source("daprd:pkg/components/state/state_config.go")]
    public async Task A_key_with_the_separator_fails_a_transaction(string api) =>
        Assert.Equal(Outcome.Invalid, await Api(api).TransactAsync("state", (NewKey(), "1", Terms.None), ("a||b", "1", Terms.None)));

    [Fact]
    [Source("daprd:pkg/api/errors/state.go")]
    public async Task An_unknown_store_refuses_a_transaction() => await RefusedAsync(
        StatusCode.InvalidArgument, () => A.Dapr.ExecuteStateTransactionAsync("nowhere", [new("k", [], Dapr.Client.StateOperationType.Upsert)], cancellationToken: Token));
}
