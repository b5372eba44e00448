using System.Text;
using ImDapr.LocalDapr.Actors;
using Microsoft.AspNetCore.Http;

namespace ImDapr.UnitTests.LocalDapr.Actors;

public sealed class ActorCallTests : IAsyncLifetime
{
    private readonly ActorSystemStub _system = new();
    private ActorRuntime _sidecar = null!;
    private AppStub _app = null!;

    public async Task InitializeAsync() => (_sidecar, _app) = await _system.AddHostAsync();

    public async Task DisposeAsync() => await _system.DisposeAsync();

    [Fact]
    public async Task A_call_reaches_the_app_with_its_headers_and_its_answer_comes_back()
    {
        var call = ActorSystemStub.Call("a b/c") with
        {
            Query = "?x=1",
            Headers = new HeaderDictionary
            {
                ["traceparent"] = "00-1-2-01",
                ["dapr-api-token"] = "secret",
                ["Connection"] = "close",
                ["dapr-caller-app-id"] = "forged"
            }
        };

        using var reply = await _sidecar.InvokeAsync(call, default);

        var request = await _app.NextAsync();
        Assert.Equal("PUT /actors/Room/a%20b%2Fc/method/Say?x=1", request.Line);
        Assert.Equal("00-1-2-01", request.Headers["traceparent"].ToString());
        Assert.Equal("true", request.Headers["Dapr-API-Call"].ToString());
        Assert.Equal("caller", request.Headers["dapr-caller-app-id"].ToString());
        Assert.False(request.Headers.ContainsKey("dapr-api-token"));
        Assert.Equal((200, "\"hi\""), (reply.Status, Encoding.UTF8.GetString(reply.Body.Span)));
    }

    [Theory]
    [InlineData(204, "error invoke actor method: error from actor service: (204) ")]
    [InlineData(500, "error invoke actor method: error from actor service: (500) oops")]
    [InlineData(404, "error invoke actor method: actor method not found: actors/Room/r1/method/Say")]
    public async Task Everything_but_200_is_an_error_and_is_not_tried_again(int status, string message)
    {
        _app.Answer = (_, response) =>
        {
            response.StatusCode = status;
            return status == 204 ? Task.CompletedTask : response.WriteAsync("oops");
        };

        var error = await Assert.ThrowsAsync<ActorApiException>(async () => await _sidecar.InvokeAsync(ActorSystemStub.Call("r1"), default));

        Assert.Equal((500, "ERR_ACTOR_INVOKE_METHOD", message), (error.Status, error.Code, error.Message));
        await _app.NextAsync();
        Assert.False(_app.HasRequest);
    }

    [Fact]
    public async Task An_app_that_is_dead_beside_its_sidecar_is_an_error_at_once()
    {
        await _app.StopAsync();

        var error = await Assert.ThrowsAsync<ActorApiException>(
            () => _sidecar.InvokeAsync(ActorSystemStub.Call("r1"), default).AsTask().WaitAsync(Wait.Limit)); // fake time stands still: nothing is tried again

        Assert.Equal((500, "ERR_ACTOR_INVOKE_METHOD"), (error.Status, error.Code));
    }

    [Fact]
    public async Task Calls_of_one_actor_run_one_after_the_other_and_those_of_others_beside_them()
    {
        var blocked = new TaskCompletionSource();
        _app.Answer = (request, _) => request.Line.Contains("/slow/") ? blocked.Task : Task.CompletedTask;

        var first = _sidecar.InvokeAsync(ActorSystemStub.Call("slow", "First"), default).AsTask();
        Assert.Contains("First", (await _app.NextAsync()).Line);
        var second = _sidecar.InvokeAsync(ActorSystemStub.Call("slow", "Second"), default).AsTask();
        using var other = await _sidecar.InvokeAsync(ActorSystemStub.Call("other", "Other"), default);
        Assert.Contains("Other", (await _app.NextAsync()).Line);
        Assert.False(_app.HasRequest);
        blocked.SetResult();

        (await first.WaitAsync(Wait.Limit)).Dispose();
        (await second.WaitAsync(Wait.Limit)).Dispose();
        Assert.Contains("Second", (await _app.NextAsync()).Line);
    }

    [Fact]
    public async Task A_caller_that_gives_up_while_it_waits_never_reaches_the_app()
    {
        var blocked = new TaskCompletionSource();
        _app.Answer = (_, _) => blocked.Task;
        using var impatient = new CancellationTokenSource();
        var first = _sidecar.InvokeAsync(ActorSystemStub.Call("r1", "First"), default).AsTask();
        await _app.NextAsync();
        var second = _sidecar.InvokeAsync(ActorSystemStub.Call("r1", "Second"), impatient.Token).AsTask();

        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        blocked.SetResult();
        (await first.WaitAsync(Wait.Limit)).Dispose();
        (await _sidecar.InvokeAsync(ActorSystemStub.Call("r1", "Third"), default)).Dispose();

        Assert.Contains("Third", (await _app.NextAsync()).Line);
    }

    [Fact]
    public async Task A_reentrant_actor_gets_an_id_of_its_chain_and_lets_it_in_again()
    {
        var (sidecar, app) = await _system.AddHostAsync("others", """{"entities":["Ring"],"reentrancy":{"enabled":true}}""");
        var call = ActorSystemStub.Call("x") with { Type = "Ring" };
        app.Answer = async (request, response) =>
        {
            if (request.Body == "\"inner\"")
                return;

            var inner = call with { Body = "\"inner\""u8.ToArray(), ChainId = request.Headers["Dapr-Reentrancy-Id"] };
            using var reply = await sidecar.InvokeAsync(inner, request.Aborted);
            await response.WriteAsync("done");
        };

        using var outer = await sidecar.InvokeAsync(call, default).AsTask().WaitAsync(Wait.Limit);

        Assert.Equal("done", Encoding.UTF8.GetString(outer.Body.Span));
        Assert.Equal((await app.NextAsync()).Headers["Dapr-Reentrancy-Id"], (await app.NextAsync()).Headers["Dapr-Reentrancy-Id"]);
    }

    [Fact]
    public async Task An_actor_that_nobody_calls_is_deactivated_after_its_idle_timeout()
    {
        (await _sidecar.InvokeAsync(ActorSystemStub.Call("r1"), default)).Dispose();
        await _app.NextAsync();
        _system.Time.Advance(TimeSpan.FromMinutes(4));
        (await _sidecar.InvokeAsync(ActorSystemStub.Call("r1"), default)).Dispose();
        await _app.NextAsync();

        _system.Time.Advance(TimeSpan.FromMinutes(4));
        Assert.True(_sidecar.IsActive("Room", "r1"));
        _system.Time.Advance(TimeSpan.FromMinutes(1));

        Assert.Equal("DELETE /actors/Room/r1", (await _app.NextAsync()).Line);
        (await _sidecar.InvokeAsync(ActorSystemStub.Call("r1"), default)).Dispose();
        Assert.Equal(1, _sidecar.ActiveActors()["Room"]);
    }

    [Fact]
    public async Task A_type_without_a_host_is_looked_for_five_times_and_then_an_error()
    {
        var call = ActorSystemStub.Call("r1") with { Type = "Nobody" };
        var start = _system.Time.GetUtcNow();
        var failing = Assert.ThrowsAsync<ActorApiException>(async () => await _sidecar.InvokeAsync(call, default));

        var error = await _system.Time.AdvanceUntilAsync(failing, TimeSpan.FromSeconds(1));

        Assert.Equal((500, "ERR_ACTOR_INVOKE_METHOD"), (error.Status, error.Code));
        Assert.EndsWith("did not find address for actor 'Nobody||r1'", error.Message);
        Assert.True(_system.Time.GetUtcNow() - start >= TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task A_call_that_waits_for_a_host_goes_on_as_soon_as_there_is_one()
    {
        var caller = _system.AddSidecar(_app, "caller", withStore: false);
        var waiting = caller.InvokeAsync(ActorSystemStub.Call("x") with { Type = "Late" }, default).AsTask();
        Assert.False(waiting.IsCompleted);

        await _system.AddHostAsync("late", """{"entities":["Late"]}""");

        using var reply = await waiting.WaitAsync(Wait.Limit); // fake time stands still: nothing but the change can have woken it
        Assert.Equal(200, reply.Status);
    }

    [Fact]
    public async Task Without_an_actor_store_nothing_is_hosted()
    {
        var sidecar = _system.AddSidecar(_app, "poor", withStore: false);

        await sidecar.StartAsync(ActorConfig.Parse("""{"entities":["Poor"]}"""u8), default);

        Assert.Null(_system.Registry.FindOwner("Poor", "x"));
    }
}
