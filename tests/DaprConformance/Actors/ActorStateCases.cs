using System.Text.Json;
using ImDapr.DaprConformance.Systems;

namespace ImDapr.DaprConformance.Actors;

/// <summary>An actor's state.</summary>
public sealed class ActorStateCases(ConformanceSystem system) : ActorCases(system)
{
    [Fact]
    [Source("daprd:pkg/api/http/actors.go"), Source("dapr-contract 5.4")]
    public async Task What_is_saved_is_read_through_any_instance()
    {
        var id = NewKey();
        var host = await HostAsync(id);

        await SaveAsync(host, id, "text", """{"a":"b"}""");

        foreach (var app in new[] { A, A2 })
        {
            var answer = (await app.GetAsync(Path(id, "state/text"))).Is(200);
            Assert.Equal("""{"a":"b"}""", answer.Body);
            Assert.StartsWith("application/json", answer.Header("Content-Type"));
        }
    }

    [Fact]
    [Source("daprd:pkg/api/http/actors.go"), Source("dapr-contract 5.4")]
    public async Task A_key_that_there_is_not_is_204() => Assert.Equal(204, (await A.GetAsync(Path(NewKey(), "state/none"))).Status);

    [Fact]
    [Source("daprd:pkg/actors/state/state.go"), Source("dapr-contract 5.4")]
    public async Task A_transaction_saves_and_deletes()
    {
        var id = NewKey();
        var host = await HostAsync(id);
        await SaveAsync(host, id, "old", "1");

        (await host.SendAsync(
            "POST", Path(id, "state"), """[{"operation":"upsert","request":{"key":"new","value":"x"}},{"operation":"delete","request":{"key":"old"}}]""")).Is(204);

        Assert.Equal("\"x\"", (await host.GetAsync(Path(id, "state/new"))).Body);
        Assert.Equal(204, (await host.GetAsync(Path(id, "state/old"))).Status);
    }

    [Theory, InlineData("9007199254740993", "9007199254740992"), InlineData("1.5", "1.5"), InlineData("123", "123"), InlineData("\"9007199254740993\"", "\"9007199254740993\"")]
    [Source("daprd:pkg/actors/api/transactional.go"), Source("dapr-contract 0.4")]
    public async Task Numbers_go_through_float64(string saved, string read)
    {
        var id = NewKey();
        var host = await HostAsync(id);

        await SaveAsync(host, id, "n", saved);

        Assert.Equal(read, (await host.GetAsync(Path(id, "state/n"))).Is(200).Body);
    }

    [Fact]
    [Source("daprd:pkg/actors/state/state.go"), Source("dapr-contract 5.4")]
    public async Task Only_where_an_actor_is_active_its_state_may_be_changed()
    {
        var id = NewKey();

        foreach (var app in new[] { A, A2 })
        {
            (await app.SendAsync("PUT", Path(id, "state"), """[{"operation":"upsert","request":{"key":"k","value":1}}]"""))
                .Is(400, "ERR_ACTOR_INSTANCE_MISSING");
        }
    }

    [Fact]
    [Source("daprd:pkg/actors/state/state.go"), Source("dapr-contract 5.4")]
    public async Task A_time_to_live_is_refused_unless_the_feature_is_on()
    {
        var id = NewKey();
        var host = await HostAsync(id);

        (await host.SendAsync(
            "PUT", Path(id, "state"), """[{"operation":"upsert","request":{"key":"k","value":1,"metadata":{"ttlInSeconds":"60"}}}]"""))
            .Is(500, "ERR_ACTOR_STATE_TRANSACTION_SAVE");

        Assert.Equal(204, (await host.GetAsync(Path(id, "state/k"))).Status);
    }

    [Theory, InlineData("{"), InlineData("{}"), InlineData("\"x\"")]
    [Source("daprd:pkg/api/http/actors.go")]
    public async Task A_malformed_transaction_is_400(string body)
    {
        var id = NewKey();

        (await (await HostAsync(id)).SendAsync("PUT", Path(id, "state"), body)).Is(400, "ERR_MALFORMED_REQUEST");
    }

    [Fact]
    [Source("daprd:pkg/api/http/actors.go"), Source("daprd:pkg/messages/predefined.go")]
    public async Task Types_of_the_runtime_itself_are_refused()
    {
        (await A.GetAsync(Path("x", "state/k", "dapr.internal.default.conf-a.workflow"))).Is(403, "ERR_ACTOR_TYPE_RESERVED");
        (await A.SendAsync("PUT", Path("x", "state", "dapr.internal.default.conf-a.workflow"), "[]")).Is(403, "ERR_ACTOR_TYPE_RESERVED");
    }

    [Fact]
    [Source("daprd:pkg/actors/state/state.go"), Source("dapr-contract 2.1"), Source("dapr-contract 5.4")]
    public async Task Actors_do_not_see_each_others_state()
    {
        var (one, other) = (NewKey(), NewKey());
        var host = await HostAsync(one);
        await HostAsync(other);

        await SaveAsync(host, one, "k", "1");

        Assert.Equal(204, (await A.GetAsync(Path(other, "state/k"))).Status);
        Assert.Equal(204, (await A.GetAsync(Path(one, "state/k", "CounterActor"))).Status);
        Assert.Equal(204, (await A.GetAsync($"/v1.0/state/state/{one}")).Status);
    }

    [Fact]
    [Source("dapr-contract 5.4"), Source("daprd:pkg/actors/api/transactional.go")]
    public async Task Structure_strings_and_flags_survive()
    {
        var id = NewKey();
        var host = await HostAsync(id);
        const string Value = """{"a":[1,"two",null,{"b":true}],"c":"ä\"<"}""";

        await SaveAsync(host, id, "k", Value);

        Assert.True(JsonElement.DeepEquals(JsonElement.Parse(Value), (await host.GetAsync(Path(id, "state/k"))).Is(200).Json));
    }
}
