using ImDapr.DaprConformance.Systems;

namespace ImDapr.DaprConformance.Actors;

/// <summary>Timers: in the memory of a sidecar.</summary>
public sealed class TimerCases(ConformanceSystem system) : ActorCases(system)
{
    [Fact]
    [Source("daprd:pkg/actors/internal/timers/inmemory/inmemory.go"), Source("dapr-contract 5.5")]
    public async Task A_timer_calls_with_what_it_was_given()
    {
        var id = NewKey();
        var host = await HostAsync(id);

        (await host.SendAsync("PUT", Path(id, "timers/tick"), """{"dueTime":"100ms","callback":"onTick","data":{"a":1}}""")).Is(204);

        var record = await RecordedOnceAsync("conf-a", id, Method("timer/tick"));
        var fire = Fire(record);
        Assert.Equal(("PUT", """{"a":1}"""), (record.Method, fire.GetProperty("data").GetRawText()));
        Assert.Equal(("onTick", "100ms"), (fire.GetProperty("callback").GetString(), fire.GetProperty("dueTime").GetString()));
    }

    [Theory]
    [InlineData("0h0m0s100ms", "0h0m0s200ms"), InlineData("100ms", "200ms"), InlineData("PT0S", "PT1S"), InlineData("", "200ms")]
    [Source("daprd:pkg/actors/api/reminder.go"), Source("dapr-contract 5.5")]
    public async Task A_timer_with_a_period_ticks_until_it_is_deleted(string due, string period)
    {
        var id = NewKey();
        var host = await HostAsync(id);

        (await host.SendAsync("PUT", Path(id, "timers/tick"), new { dueTime = due, period })).Is(204);
        await RecordedAsync("conf-a", id, 3, Method("timer/tick"));
        (await host.SendAsync("DELETE", Path(id, "timers/tick"))).Is(204);

        var after = (await RecordedAsync("conf-a", id, 0, Method("timer/tick"))).Count;
        Assert.InRange((await RecordedInSilenceAsync("conf-a", id, after + 5, Method("timer/tick"))).Count, after, after + 1);
    }

    [Theory, InlineData("R3/PT1S", 3), InlineData("R1/PT1S", 1)]
    [Source("daprd:pkg/actors/api/reminder.go"), Source("dapr-contract 5.5")]
    public async Task Repetitions_are_counted(string period, int count)
    {
        var id = NewKey();
        var host = await HostAsync(id);

        (await host.SendAsync("PUT", Path(id, "timers/tick"), new { dueTime = "0s", period })).Is(204);

        await RecordedAsync("conf-a", id, count, Method("timer/tick"));
        await Task.Delay(TimeSpan.FromSeconds(1.2), Token); // one more would come within a second
        Assert.Equal(count, (await RecordedAsync("conf-a", id, count, Method("timer/tick"))).Count);
    }

    [Fact]
    [Source("daprd:pkg/actors/internal/timers/inmemory/inmemory.go"), Source("dapr-contract 5.5")]
    public async Task A_failing_callback_does_not_end_a_timer()
    {
        var id = NewKey();
        var host = await HostAsync(id);

        (await host.SendAsync("PUT", Path(id, "timers/tick"), new { dueTime = "0s", period = "150ms", data = new { key = id, answers = new[] { "500" } } })).Is(204);

        await RecordedAsync("conf-a", id, 4, Method("timer/tick"));
    }

    [Fact]
    [Source("daprd:pkg/actors/internal/timers/inmemory/inmemory.go")]
    public async Task The_same_name_replaces_a_timer()
    {
        var id = NewKey();
        var host = await HostAsync(id);
        (await host.SendAsync("PUT", Path(id, "timers/tick"), new { dueTime = "1h", data = "first" })).Is(204);

        (await host.SendAsync("PUT", Path(id, "timers/tick"), new { dueTime = "50ms", data = "second" })).Is(204);

        Assert.Equal("second", Fire(await RecordedOnceAsync("conf-a", id, Method("timer/tick"))).GetProperty("data").GetString());
    }

    [Fact]
    [Source("daprd:pkg/actors/internal/timers/inmemory/inmemory.go"), Source("dapr-contract 5.5")]
    public async Task A_timer_ends_with_its_time_to_live()
    {
        var id = NewKey();
        var host = await HostAsync(id);

        (await host.SendAsync("PUT", Path(id, "timers/tick"), new { dueTime = "0s", period = "200ms", ttl = "1s" })).Is(204);

        await RecordedAsync("conf-a", id, 2, Method("timer/tick"));
        await Task.Delay(TimeSpan.FromSeconds(1.5), Token); // over by then
        var ticks = (await RecordedAsync("conf-a", id, 1, Method("timer/tick"))).Count;
        Assert.InRange(ticks, 2, 7);
        Assert.Equal(ticks, (await RecordedInSilenceAsync("conf-a", id, ticks + 5, Method("timer/tick"))).Count);
    }

    [Theory]
    [InlineData("{", 400, "ERR_MALFORMED_REQUEST"), InlineData("""{"dueTime":"soon"}""", 500, "ERR_ACTOR_TIMER_CREATE")]
    [InlineData("""{"period":"never"}""", 500, "ERR_ACTOR_TIMER_CREATE"), InlineData("""{"dueTime":"1s","period":"R0/PT1S"}""", 500, "ERR_ACTOR_TIMER_CREATE")]
    [Source("daprd:pkg/api/http/actors.go"), Source("daprd:pkg/actors/api/reminder.go")]
    public async Task A_timer_that_cannot_be_read_is_refused(string body, int status, string code)
    {
        var id = NewKey();

        (await (await HostAsync(id)).SendAsync("PUT", Path(id, "timers/tick"), body)).Is(status, code);
    }

    [Fact]
    [Source("daprd:pkg/actors/targets/app/lock/lock.go")]
    public async Task A_timer_takes_its_turn()
    {
        var id = NewKey();
        var host = await HostAsync(id);
        (await host.SendAsync("PUT", Path(id, "timers/tick"), new { dueTime = "200ms" })).Is(204);

        await CallAsync(id, "slow-1000");

        var slow = (await RecordedAsync("conf-a", id, 1, Method("slow-1000")))[0];
        var tick = (await RecordedAsync("conf-a", id, 1, Method("timer/tick")))[0];
        Assert.True(tick.At - slow.At >= 900 || tick.At < slow.At, $"{tick.At - slow.At} ms after the call began");
    }
}
