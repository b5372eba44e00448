using ImDapr.LocalDapr.Actors;

namespace ImDapr.UnitTests.LocalDapr.Actors;

public sealed class RebalancingTests : IAsyncLifetime
{
    private readonly ActorSystemStub _system = new();
    private ActorRuntime _old = null!;
    private AppStub _oldApp = null!;

    public async Task InitializeAsync() => (_old, _oldApp) = await _system.AddHostAsync();

    public async Task DisposeAsync() => await _system.DisposeAsync();

    [Fact]
    public async Task An_actor_that_moves_ends_its_call_is_deactivated_and_only_then_lives_elsewhere()
    {
        var moving = IdThatMoves();
        var blocked = new TaskCompletionSource();
        _oldApp.Answer = (_, _) => blocked.Task;
        var running = _old.InvokeAsync(ActorSystemStub.Call(moving, "Running"), default).AsTask();
        await _oldApp.NextAsync();

        var app = await _system.AddAppAsync("rooms");
        var joining = JoinAsync(app, out var host);
        var waiting = _old.InvokeAsync(ActorSystemStub.Call(moving, "Waiting"), default).AsTask();
        Assert.True(_old.IsActive("Room", moving)); // it may still save its state
        Assert.False(joining.IsCompleted);
        Assert.False(app.HasRequest);
        blocked.SetResult();

        (await running.WaitAsync(Wait.Limit)).Dispose();
        Assert.Equal($"DELETE /actors/Room/{moving}", (await _oldApp.NextAsync()).Line);
        (await waiting.WaitAsync(Wait.Limit)).Dispose();
        await joining.WaitAsync(Wait.Limit);
        Assert.Equal($"PUT /actors/Room/{moving}/method/Waiting", (await app.NextAsync()).Line);
        Assert.Same(host, _system.Registry.FindOwner("Room", moving));
    }

    [Fact]
    public async Task A_call_that_outlasts_the_drain_is_cut_off_and_tried_again_on_the_new_host()
    {
        var moving = IdThatMoves();
        var aborted = new TaskCompletionSource();
        _oldApp.Answer = async (request, _) =>
        {
            await using var registration = request.Aborted.Register(aborted.SetResult);
            await aborted.Task;
        };
        var call = _old.InvokeAsync(ActorSystemStub.Call(moving), default).AsTask();
        await _oldApp.NextAsync();

        var app = await _system.AddAppAsync("rooms");
        var joining = JoinAsync(app, out _);
        _system.Time.Advance(TimeSpan.FromSeconds(10));

        (await call.WaitAsync(Wait.Limit)).Dispose();
        await joining.WaitAsync(Wait.Limit);
        await aborted.Task.WaitAsync(Wait.Limit);
        Assert.StartsWith("PUT", (await app.NextAsync()).Line);
    }

    [Fact]
    public async Task Actors_that_stay_are_called_while_others_move()
    {
        var moving = IdThatMoves();
        var blocked = new TaskCompletionSource();
        _oldApp.Answer = (request, _) => request.Line.Contains($"/{moving}/") ? blocked.Task : Task.CompletedTask;
        var running = _old.InvokeAsync(ActorSystemStub.Call(moving), default).AsTask();
        await _oldApp.NextAsync();
        var joining = JoinAsync(await _system.AddAppAsync("rooms"), out _);

        using var reply = await _old.InvokeAsync(ActorSystemStub.Call(_system.IdOwnedBy(_old)), default).AsTask().WaitAsync(Wait.Limit);

        Assert.False(joining.IsCompleted);
        blocked.SetResult();
        await joining.WaitAsync(Wait.Limit);
        (await running).Dispose();
    }

    [Fact]
    public async Task A_host_that_stops_hands_its_actors_over()
    {
        (await _old.InvokeAsync(ActorSystemStub.Call("r1"), default)).Dispose();
        await _oldApp.NextAsync();
        await _old.StopAsync(default);

        Assert.Equal("DELETE /actors/Room/r1", (await _oldApp.NextAsync()).Line);
        Assert.Null(_system.Registry.FindOwner("Room", "r1"));
        Assert.False(_old.IsActive("Room", "r1"));
    }

    [Fact]
    public async Task Calls_of_a_lost_host_are_tried_again_at_once_where_its_actors_live_now()
    {
        var (other, otherApp) = await _system.AddHostAsync();
        var id = _system.IdOwnedBy(_old);
        var never = new TaskCompletionSource();
        _oldApp.Answer = (request, _) => never.Task.WaitAsync(request.Aborted);
        var call = other.InvokeAsync(ActorSystemStub.Call(id), default).AsTask();
        await _oldApp.NextAsync();

        await _old.HostLostAsync();

        (await call.WaitAsync(Wait.Limit)).Dispose();
        Assert.StartsWith("PUT", (await otherApp.NextAsync()).Line);
        Assert.False(_oldApp.HasRequest); // nobody is left there to be told of a deactivation
    }

    [Fact]
    public async Task A_host_that_was_lost_and_comes_back_owns_what_it_owned()
    {
        await _system.AddHostAsync();
        var id = _system.IdOwnedBy(_old);
        await _old.HostLostAsync();
        Assert.NotSame(_old, _system.Registry.FindOwner("Room", id));

        await _old.StartAsync(ActorConfig.Parse("""{"entities":["Room"]}"""u8), default);

        Assert.Same(_old, _system.Registry.FindOwner("Room", id));
    }

    // Two hosts have the numbers 0 and 1, whoever they are.
    private static string IdThatMoves() =>
        Enumerable.Range(0, 1000).Select(number => $"id{number}").First(id => ActorPlacement.Owner([0, 1], id) == 1);

    private Task JoinAsync(AppStub app, out ActorRuntime host)
    {
        host = _system.AddSidecar(app, "rooms");
        return host.StartAsync(ActorConfig.Parse("""{"entities":["Room"]}"""u8), default);
    }
}
