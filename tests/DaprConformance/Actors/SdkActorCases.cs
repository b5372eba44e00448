using Dapr;
using Dapr.Actors;
using ImDapr.DaprConformance.Systems;
using ImDapr.DaprConformanceApp.Actors;

namespace ImDapr.DaprConformance.Actors;

/// <summary>Actors on the SDK, called by the SDK.</summary>
public sealed class SdkActorCases(ConformanceSystem system) : Cases(system)
{
    private const string Type = "CounterActor";

    [Fact]
    [Source("SDK:Dapr.Actors.DaprHttpInteractor"), Source("dapr-contract 1.5")]
    public async Task A_typed_proxy_calls_and_state_is_saved_after_the_call()
    {
        var id = NewKey();
        var actor = B.Actor<ICounterActor>(id, Type);

        Assert.Equal(2, await actor.AddAsync(2));
        Assert.Equal(5, await actor.AddAsync(3));

        Assert.Equal("5", (await A.GetAsync($"/v1.0/actors/{Type}/{id}/state/sum")).Is(200).Body);
    }

    [Fact]
    [Source("SDK:Dapr.Actors.DaprHttpInteractor"), Source("dapr-contract 1.5")]
    public async Task A_proxy_without_type_calls_by_name()
    {
        var actor = B.Actor(NewKey(), Type);

        Assert.Equal(4, await actor.InvokeMethodAsync<long, long>("AddAsync", 4, Token));
        Assert.Equal("hello", await actor.InvokeMethodAsync<string, string>("EchoAsync", "hello", Token));
    }

    [Fact]
    [Source("SDK:Dapr.Actors.DaprHttpInteractor"), Source("dapr-contract 1.6")]
    public async Task An_exception_reaches_a_typed_caller_as_itself()
    {
        var error = await Assert.ThrowsAsync<ActorMethodInvocationException>(() => B.Actor<ICounterActor>(NewKey(), Type).FailAsync("out of order"));

        Assert.Contains("out of order", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    [Source("SDK:Dapr.Actors.DaprHttpInteractor"), Source("dapr-contract 1.6")]
    public async Task An_exception_reaches_an_untyped_caller_as_an_error_of_the_sidecar()
    {
        var error = await Assert.ThrowsAsync<DaprApiException>(() => B.Actor(NewKey(), Type).InvokeMethodAsync("FailAsync", "x", Token));

        Assert.Equal("ERR_ACTOR_INVOKE_METHOD", error.ErrorCode);
    }

    [Fact]
    [Source("SDK:Dapr.Actors.Runtime.ActorManager"), Source("dapr-contract 1.6")]
    public async Task Changes_before_an_exception_are_not_saved()
    {
        var actor = B.Actor<ICounterActor>(NewKey(), Type);
        await actor.AddAsync(1);

        await Assert.ThrowsAnyAsync<Exception>(actor.ChangeAndFailAsync);

        Assert.Equal(1, await actor.ReadAsync());
    }

    [Fact]
    [Source("daprd:pkg/actors/targets/app/lock/lock.go"), Source("dapr-contract 5.2")]
    public async Task Slow_turns_lose_no_update()
    {
        var id = NewKey();

        await Task.WhenAll(Enumerable.Range(0, 9).Select(i => new[] { A, A2, B }[i % 3].Actor<ICounterActor>(id, Type).AddSlowlyAsync(30)));

        Assert.Equal(9, await B.Actor<ICounterActor>(id, Type).ReadAsync());
    }

    [Fact]
    [Source("daprd:pkg/actors/state/state.go"), Source("dapr-contract 5.4")]
    public async Task A_value_is_set_read_and_removed()
    {
        var actor = B.Actor<ICounterActor>(NewKey(), Type);
        Assert.Null(await actor.GetTextAsync());

        await actor.SetTextAsync("ä \"quoted\"");
        Assert.Equal("ä \"quoted\"", await actor.GetTextAsync());

        await actor.RemoveTextAsync();
        Assert.Null(await actor.GetTextAsync());
    }

    [Fact]
    [Source("dapr-contract 5.4"), Source("daprd:pkg/actors/state/state.go")]
    public async Task A_value_with_a_time_to_live_is_refused() => await Assert.ThrowsAnyAsync<Exception>(() => B.Actor<ICounterActor>(NewKey(), Type).SetExpiringAsync(60));

    [Fact]
    [Source("daprd:pkg/actors/internal/timers/inmemory/inmemory.go"), Source("dapr-contract 5.5")]
    public async Task A_timer_ticks_and_stops()
    {
        var actor = B.Actor<ICounterActor>(NewKey(), Type);

        await actor.StartTimerAsync("tick", 50, 100);
        await UntilAsync(actor.TicksAsync, ticks => ticks >= 3);
        await actor.StopTimerAsync("tick");

        var ticks = await actor.TicksAsync();
        await Task.Delay(Silence, Token); // nothing must happen: there is nothing to wait for
        Assert.Equal(ticks, await actor.TicksAsync());
    }

    [Fact]
    [Source("dapr-contract 5.6"), Source("dapr-contract 1.6")]
    public async Task A_reminder_arrives_with_its_state_and_without_its_times()
    {
        var actor = B.Actor<ICounterActor>(NewKey(), Type);

        await actor.StartReminderAsync("wake", 100, -1);

        Assert.Equal(["wake 7,8 -1 -1"], await UntilAsync(actor.RemindersAsync, woken => woken.Length > 0));
    }

    [Fact]
    [Source("dapr-contract 5.6")]
    public async Task A_reminder_with_repetitions_ends()
    {
        var actor = B.Actor<ICounterActor>(NewKey(), Type);

        await actor.StartReminderTimesAsync("wake", 1000, 2);

        await UntilAsync(actor.RemindersAsync, woken => woken.Length == 2);
        await Task.Delay(TimeSpan.FromSeconds(1.3), Token); // a third would come within a second
        Assert.Equal(2, (await actor.RemindersAsync()).Length);
    }

    [Fact]
    [Source("dapr-contract 5.6"), Source("daprd:pkg/actors/internal/scheduler/scheduler.go")]
    public async Task A_reminder_with_repetitions_of_days_is_refused() =>
        await Assert.ThrowsAnyAsync<Exception>(() => B.Actor<ICounterActor>(NewKey(), Type).StartReminderTimesAsync("wake", 24 * 3600 * 1000, 2));

    [Fact]
    [Source("dapr-contract 5.6")]
    public async Task A_reminder_is_stopped()
    {
        var actor = B.Actor<ICounterActor>(NewKey(), Type);
        await actor.StartReminderAsync("wake", 0, 1000);
        await UntilAsync(actor.RemindersAsync, woken => woken.Length > 0);

        await actor.StopReminderAsync("wake");

        var woken = (await actor.RemindersAsync()).Length;
        await Task.Delay(TimeSpan.FromSeconds(1.5), Token); // one more would come within a second
        Assert.InRange((await actor.RemindersAsync()).Length, woken, woken + 1);
    }

    [Fact]
    [Source("dapr-contract 1.5"), Source("daprd:pkg/actors/router/router.go")]
    public async Task A_type_that_nobody_hosts_is_an_error_of_the_SDK()
    {
        var error = await Assert.ThrowsAsync<DaprApiException>(() => B.Actor(NewKey(), "NobodysActor").InvokeMethodAsync("EchoAsync", "x", Token));

        Assert.Equal("ERR_ACTOR_INVOKE_METHOD", error.ErrorCode);
    }
}
