using ImDapr.LocalDapr.Actors;

namespace ImDapr.UnitTests.LocalDapr.Actors;

public sealed class RemindersTests : IAsyncLifetime
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(500);

    private readonly ActorSystemStub _system = new();
    private ActorRuntime _sidecar = null!;
    private AppStub _app = null!;

    public async Task InitializeAsync()
    {
        (_sidecar, _app) = await _system.AddHostAsync();
        _system.StartReminders();
    }

    public async Task DisposeAsync() => await _system.DisposeAsync();

    [Fact]
    public async Task A_reminder_fires_with_its_data_and_without_its_times()
    {
        Create(new ReminderRequest("0h0m5s0ms", "", "", "\"AQI=\""u8.ToArray()));

        var fired = await NextAsync();

        Assert.Equal("PUT /actors/Room/r1/method/remind/wake", fired.Line);
        Assert.Equal("""{"data":"AQI=","dueTime":"","period":""}""", fired.Body);
        await EndedAsync();
    }

    [Fact]
    public async Task A_reminder_survives_a_restart_of_everything()
    {
        Create(new ReminderRequest("0h0m5s0ms", "0h0m10s0ms", "", null));
        await _system.StopRemindersAsync();
        _system.Time.Advance(TimeSpan.FromMinutes(1));
        Assert.False(_app.HasRequest);

        _system.StartReminders();

        Assert.Equal("PUT /actors/Room/r1/method/remind/wake", (await _app.NextAsync()).Line); // overdue: no more time has to pass
    }

    [Fact]
    public async Task A_reminder_waits_for_a_host_of_its_actor()
    {
        Create(new ReminderRequest("1s", "", "", null));
        await _sidecar.HostLostAsync();
        _system.Time.Advance(TimeSpan.FromMinutes(1));

        var (_, app) = await _system.AddHostAsync();

        Assert.StartsWith("PUT /actors/Room/r1/method/remind/wake", (await app.NextAsync()).Line);
        Assert.False(_app.HasRequest);
    }

    [Fact]
    public async Task A_reminder_with_repetitions_fires_that_often()
    {
        Create(new ReminderRequest("1s", "R3/PT2S", "", null));

        for (var tick = 0; tick < 3; tick++)
            await NextAsync();

        await EndedAsync();
        Assert.False(_app.HasRequest);
    }

    [Fact]
    public async Task A_tick_that_fails_is_tried_three_times_more_and_then_given_up()
    {
        _app.Answer = (_, response) =>
        {
            response.StatusCode = 500;
            return Task.CompletedTask;
        };
        Create(new ReminderRequest("1s", "", "", null));

        for (var attempt = 0; attempt < 4; attempt++)
            await NextAsync();

        await EndedAsync();
        Assert.False(_app.HasRequest);
    }

    [Fact]
    public void A_reminder_ends_with_its_time_to_live()
    {
        Create(new ReminderRequest("1s", "10s", "25s", null));
        var reminder = Get();

        Assert.NotNull(reminder.Next());
        Assert.NotNull(reminder.Next()!.Next());
        Assert.Null(reminder.Next()!.Next()!.Next());
    }

    [Fact]
    public void The_next_tick_counts_from_the_hour_of_the_last_however_often_it_failed()
    {
        Create(new ReminderRequest("1s", "10s", "", null));
        var reminder = Get();

        Assert.Equal(reminder.Tick + TimeSpan.FromSeconds(1), reminder.Failed()!.Due);
        Assert.Equal(reminder.Tick + TimeSpan.FromSeconds(10), reminder.Failed()!.Failed()!.Next()!.Due);
    }

    [Theory]
    [InlineData("1s", "R3/P1DT", "")]
    [InlineData("1s", "P1D", "")]
    [InlineData("1s", "often", "")]
    [InlineData("soon", "", "")]
    [InlineData("", "", "")]
    [InlineData("1s", "", "10s")]
    [InlineData("10s", "1s", "2020-01-01T00:00:00Z")]
    public void What_the_scheduler_refuses_is_refused(string dueTime, string period, string ttl)
    {
        var refusal = Assert.Throws<ActorApiException>(() => Create(new ReminderRequest(dueTime, period, ttl, null)));

        Assert.Equal((500, "ERR_ACTOR_REMINDER_CREATE"), (refusal.Status, refusal.Code));
    }

    [Fact]
    public void Only_a_host_of_the_type_may_touch_its_reminders()
    {
        var refusal = Assert.Throws<ActorApiException>(() => _sidecar.Reminders.Delete("Nobody", "x", "wake"));

        Assert.Equal((403, "ERR_ACTOR_REMINDER_NON_HOSTED"), (refusal.Status, refusal.Code));
    }

    [Fact]
    public void A_reminder_is_overwritten_unless_that_is_refused()
    {
        Create(new ReminderRequest("1h", "", "", null));
        Create(new ReminderRequest("2h", "1m", "", null));

        var refusal = Assert.Throws<ActorApiException>(() => Create(new ReminderRequest("3h", "", "", null, Overwrite: false)));

        Assert.Equal((409, "ERR_ACTOR_REMINDER_ALREADY_EXISTS"), (refusal.Status, refusal.Code));
        Assert.Equal(("2h", "@every 1m0s"), (Get().DueTime, Get().Schedule));
    }

    [Fact]
    public void A_reminder_that_is_gone_is_not_found()
    {
        Create(new ReminderRequest("1h", "", "", null));
        _sidecar.Reminders.Delete("Room", "r1", "wake");

        var refusal = Assert.Throws<ActorApiException>(Get);

        Assert.Equal((404, "ERR_ACTOR_REMINDER_NOT_FOUND"), (refusal.Status, refusal.Code));
    }

    [Fact]
    public void A_tick_of_a_reminder_that_was_registered_anew_changes_nothing()
    {
        Create(new ReminderRequest("1h", "", "", null));
        var old = Get();
        Create(new ReminderRequest("2h", "", "", null));

        _system.Reminders.MoveOn(old, null);

        Assert.Equal("2h", Get().DueTime);
    }

    private void Create(ReminderRequest request) => _sidecar.Reminders.Create("Room", "r1", "wake", request);

    private Reminder Get() => _sidecar.Reminders.Get("Room", "r1", "wake");

    private Task<AppRequest> NextAsync() => _system.Time.AdvanceUntilAsync(_app.NextAsync(), Step);

    private Task EndedAsync() => _system.Time.AdvanceUntilAsync(GoneAsync(), Step);

    private async Task<bool> GoneAsync()
    {
        while (_system.Reminders.Find("Room", "r1", "wake") is not null)
            await Task.Yield();

        return true;
    }
}
