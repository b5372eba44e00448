using ImDapr.LocalDapr.Actors;

namespace ImDapr.UnitTests.LocalDapr.Actors;

public sealed class ActorTimersTests : IAsyncLifetime
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(500);

    private readonly ActorSystemStub _system = new();
    private ActorRuntime _sidecar = null!;
    private AppStub _app = null!;

    public async Task InitializeAsync() => (_sidecar, _app) = await _system.AddHostAsync();

    public async Task DisposeAsync()
    {
        await _sidecar.Timers.StopAsync();
        await _system.DisposeAsync();
    }

    [Fact]
    public async Task A_timer_ticks_when_due_and_then_every_period_with_the_texts_it_was_given()
    {
        Create("tick", new TimerRequest("0h0m2s0ms", "0h0m1s0ms", "", "OnTick", "\"AQ==\""u8.ToArray()));

        var first = await _system.Time.AdvanceUntilAsync(_app.NextAsync(), Step);
        var second = await _system.Time.AdvanceUntilAsync(_app.NextAsync(), Step);

        Assert.Equal("PUT /actors/Room/r1/method/timer/tick", first.Line);
        Assert.Equal("""{"data":"AQ==","callback":"OnTick","dueTime":"0h0m2s0ms","period":"0h0m1s0ms"}""", first.Body);
        Assert.Equal(first.Body, second.Body);
    }

    [Fact]
    public async Task A_timer_with_repetitions_ends_after_them()
    {
        Create("tick", new TimerRequest("1s", "R2/PT1S", "", "OnTick", null));

        await _system.Time.AdvanceUntilAsync(_app.NextAsync(), Step);
        await _system.Time.AdvanceUntilAsync(_app.NextAsync(), Step);

        await _system.Time.AdvanceUntilAsync(GoneAsync(), Step);
        Assert.False(_app.HasRequest);
    }

    [Fact]
    public async Task A_failed_tick_does_not_end_the_timer()
    {
        _app.Answer = (_, response) =>
        {
            response.StatusCode = 500;
            return Task.CompletedTask;
        };
        Create("tick", new TimerRequest("1s", "1s", "", "OnTick", null));

        await _system.Time.AdvanceUntilAsync(_app.NextAsync(), Step);

        await _system.Time.AdvanceUntilAsync(_app.NextAsync(), Step);
    }

    [Fact]
    public async Task A_timer_of_the_same_name_replaces_the_first()
    {
        Create("tick", new TimerRequest("1s", "", "", "First", null));
        Create("tick", new TimerRequest("2s", "", "", "Second", null));

        var tick = await _system.Time.AdvanceUntilAsync(_app.NextAsync(), Step);

        Assert.Contains("Second", tick.Body);
        await _system.Time.AdvanceUntilAsync(GoneAsync(), Step);
        Assert.False(_app.HasRequest);
    }

    [Fact]
    public async Task A_deleted_timer_ticks_no_more()
    {
        Create("gone", new TimerRequest("1s", "1s", "", "Gone", null));
        Create("kept", new TimerRequest("3s", "", "", "Kept", null));

        _sidecar.Timers.Delete("Room", "r1", "gone");

        Assert.Contains("Kept", (await _system.Time.AdvanceUntilAsync(_app.NextAsync(), Step)).Body);
    }

    [Theory]
    [InlineData("Nobody", "1s", "")]
    [InlineData("Room", "soon", "")]
    [InlineData("Room", "1s", "R0/PT1S")]
    [InlineData("Room", "1s", "often")]
    public void What_daprd_refuses_is_refused(string type, string dueTime, string period)
    {
        var refusal = Assert.Throws<ActorApiException>(
            () => _sidecar.Timers.Create(type, "r1", "tick", new TimerRequest(dueTime, period, "", "OnTick", null)));

        Assert.Equal((500, "ERR_ACTOR_TIMER_CREATE"), (refusal.Status, refusal.Code));
    }

    private void Create(string name, TimerRequest request) => _sidecar.Timers.Create("Room", "r1", name, request);

    private async Task<bool> GoneAsync()
    {
        while (_sidecar.Timers.Count > 0)
            await Task.Yield();

        return true;
    }
}
