using System.Text;
using ImDapr.LocalDapr.Actors;

namespace ImDapr.UnitTests.LocalDapr.Actors;

public sealed class ActorStateTests : IAsyncLifetime
{
    private readonly ActorSystemStub _system = new();
    private ActorRuntime _sidecar = null!;

    public async Task InitializeAsync()
    {
        (_sidecar, _) = await _system.AddHostAsync();
        (await _sidecar.InvokeAsync(ActorSystemStub.Call("r1"), default)).Dispose();
    }

    public async Task DisposeAsync() => await _system.DisposeAsync();

    [Fact]
    public async Task A_list_of_operations_is_one_transaction_under_the_key_of_the_hosting_app()
    {
        _system.Store["rooms||Room||r1||old"] = "1";

        await SaveAsync("""
            [{"operation":"upsert","request":{"key":"a","value":{"text":"é<","n":9007199254740993}}},
             {"operation":"upsert","request":{"key":"b","value":"x"}},
             {"operation":"delete","request":{"key":"old"}}]
            """);

        Assert.Equal("""{"text":"é<","n":9007199254740992}""", _system.Store["rooms||Room||r1||a"]);
        Assert.Equal("\"x\"", _system.Store["rooms||Room||r1||b"]);
        Assert.Null(_system.Store["rooms||Room||r1||old"]);
        Assert.Equal(1, _system.Store.Transactions);
    }

    [Theory]
    [InlineData("""[{"operation":"upsert","request":{"key":"a","value":1,"metadata":{"ttlInSeconds":"60"}}}]""", 500, "ERR_ACTOR_STATE_TRANSACTION_SAVE")]
    [InlineData("""[{"operation":"upsert","request":{"value":1}}]""", 500, "ERR_ACTOR_STATE_TRANSACTION_SAVE")]
    [InlineData("""[{"operation":"merge","request":{"key":"a"}}]""", 500, "ERR_ACTOR_STATE_TRANSACTION_SAVE")]
    [InlineData("""[{"operation":"upsert"}]""", 500, "ERR_ACTOR_STATE_TRANSACTION_SAVE")]
    [InlineData("""[{"operation":"upsert","request":{"key":"a","value":1e999}}]""", 400, "ERR_MALFORMED_REQUEST")]
    [InlineData("""{"operation":"upsert"}""", 400, "ERR_MALFORMED_REQUEST")]
    [InlineData("[", 400, "ERR_MALFORMED_REQUEST")]
    public async Task What_daprd_refuses_is_refused_and_nothing_is_saved(string body, int status, string code)
    {
        var refusal = await Assert.ThrowsAsync<ActorApiException>(() => SaveAsync(body));

        Assert.Equal((status, code), (refusal.Status, refusal.Code));
        Assert.Equal(0, _system.Store.Transactions);
    }

    [Fact]
    public async Task An_actor_that_is_not_active_here_cannot_save()
    {
        var refusal = await Assert.ThrowsAsync<ActorApiException>(
            () => SaveAsync("""[{"operation":"upsert","request":{"key":"a","value":1}}]""", "asleep"));

        Assert.Equal((400, "ERR_ACTOR_INSTANCE_MISSING"), (refusal.Status, refusal.Code));
    }

    [Fact]
    public async Task A_value_is_read_as_it_was_saved_and_a_missing_one_is_none()
    {
        _system.Store["rooms||Room||asleep||a"] = "{ \"x\": 1 }";

        Assert.Equal("{ \"x\": 1 }", Encoding.UTF8.GetString((await _sidecar.State.GetAsync("Room", "asleep", "a", default))!.Value));
        Assert.Null(await _sidecar.State.GetAsync("Room", "asleep", "b", default));
    }

    [Fact]
    public async Task A_store_that_fails_is_an_error_of_the_operation()
    {
        _system.Store.Failure = new InvalidOperationException("gone");

        var save = await Assert.ThrowsAsync<ActorApiException>(() => SaveAsync("[]"));
        var get = await Assert.ThrowsAsync<ActorApiException>(async () => await _sidecar.State.GetAsync("Room", "r1", "a", default));

        Assert.Equal((500, "ERR_ACTOR_STATE_TRANSACTION_SAVE", "error saving actor transaction state: gone"), (save.Status, save.Code, save.Message));
        Assert.Equal((500, "ERR_ACTOR_STATE_GET"), (get.Status, get.Code));
    }

    [Fact]
    public async Task A_sidecar_without_an_actor_store_says_so()
    {
        var sidecar = _system.AddSidecar(await _system.AddAppAsync("poor"), "poor", withStore: false);

        var refusal = await Assert.ThrowsAsync<ActorApiException>(async () => await sidecar.State.GetAsync("Room", "r1", "a", default));

        Assert.Equal((500, "ERR_ACTOR_RUNTIME_NOT_FOUND"), (refusal.Status, refusal.Code));
    }

    private Task SaveAsync(string body, string id = "r1") => _sidecar.State.TransactAsync("Room", id, Encoding.UTF8.GetBytes(body), default).AsTask();
}
