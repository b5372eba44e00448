using ImDapr.DaprConformance.Systems;

namespace ImDapr.DaprConformance.Actors;

/// <summary>Reminders: they outlive everything.</summary>
public sealed class ReminderCases(ConformanceSystem system) : ActorCases(system)
{
    [Fact]
    [Source("daprd:pkg/runtime/scheduler/internal/cluster/streamer.go"), Source("dapr-contract 5.6")]
    public async Task A_reminder_wakes_its_actor_with_its_data_and_no_times()
    {
        var id = NewKey();

        (await A.SendAsync("PUT", Path(id, "reminders/wake"), """{"dueTime":"100ms","data":{"a":1}}""")).Is(204);

        var record = await RecordedOnceAsync("conf-a", id, Method("remind/wake"));
        var fire = Fire(record);
        Assert.Equal(("PUT", """{"a":1}"""), (record.Method, fire.GetProperty("data").GetRawText()));
        Assert.Equal(("", ""), (fire.GetProperty("dueTime").GetString(), fire.GetProperty("period").GetString()));
    }

    [Theory, InlineData("1s"), InlineData("0h0m1s0ms"), InlineData("PT1S")]
    [Source("daprd:pkg/actors/internal/scheduler/scheduler.go"), Source("dapr-contract 5.6")]
    public async Task A_reminder_with_a_period_fires_until_it_is_deleted(string period)
    {
        var id = NewKey();

        (await A.SendAsync("PUT", Path(id, "reminders/wake"), new { dueTime = "0s", period })).Is(204);
        await RecordedAsync("conf-a", id, 3, Method("remind/wake"));
        (await A2.SendAsync("DELETE", Path(id, "reminders/wake"))).Is(204);

        (await A.GetAsync(Path(id, "reminders/wake"))).Is(404, "ERR_ACTOR_REMINDER_NOT_FOUND");
    }

    [Fact]
    [Source("daprd:pkg/actors/internal/scheduler/scheduler.go"), Source("dapr-contract 5.6")]
    public async Task Repetitions_are_counted()
    {
        var id = NewKey();

        (await A.SendAsync("PUT", Path(id, "reminders/wake"), new { dueTime = "0s", period = "R2/PT1S" })).Is(204);

        await RecordedAsync("conf-a", id, 2, Method("remind/wake"));
        await Task.Delay(TimeSpan.FromSeconds(1.5), Token); // one more would come within a second
        Assert.Equal(2, (await RecordedAsync("conf-a", id, 2, Method("remind/wake"))).Count);
    }

    [Theory]
    [InlineData("P1D"), InlineData("P1M"), InlineData("P1Y"), InlineData("R3/P1DT1H")]
    [Source("daprd:pkg/actors/internal/scheduler/scheduler.go"), Source("dapr-contract 5.6")]
    public async Task Periods_of_days_months_and_years_are_refused(string period) =>
        (await A.SendAsync("PUT", Path(NewKey(), "reminders/wake"), new { dueTime = "1h", period })).Is(500, "ERR_ACTOR_REMINDER_CREATE");

    [Theory]
    [InlineData("{", 400, "ERR_MALFORMED_REQUEST"), InlineData("""{"dueTime":"soon"}""", 500, "ERR_ACTOR_REMINDER_CREATE")]
    [InlineData("""{"dueTime":"1h","period":"never"}""", 500, "ERR_ACTOR_REMINDER_CREATE")]
    [Source("daprd:pkg/api/http/actors.go")]
    public async Task A_reminder_that_cannot_be_read_is_refused(string body, int status, string code) =>
        (await A.SendAsync("PUT", Path(NewKey(), "reminders/wake"), body)).Is(status, code);

    [Theory, InlineData("PUT"), InlineData("GET"), InlineData("DELETE")]
    [Source("daprd:pkg/messages/predefined.go"), Source("dapr-contract 5.3")]
    public async Task Where_a_type_is_not_hosted_its_reminders_are_nobodys_business(string verb) =>
        (await B.SendAsync(verb, Path(NewKey(), "reminders/wake"), verb == "PUT" ? """{"dueTime":"1h"}""" : null)).Is(403, "ERR_ACTOR_REMINDER_NON_HOSTED");

    [Fact]
    [Source("daprd:pkg/messages/predefined.go")]
    public async Task A_reminder_that_there_is_not_is_404() =>
        (await A.GetAsync(Path(NewKey(), "reminders/none"))).Is(404, "ERR_ACTOR_REMINDER_NOT_FOUND");

    [Fact]
    [Source("daprd:pkg/api/universal/actors.go"), Source("dapr-contract 5.6")]
    public async Task Deleting_what_there_is_not_is_done() => (await A.SendAsync("DELETE", Path(NewKey(), "reminders/none"))).Is(204);

    [Fact]
    [Source("daprd:pkg/api/http/actors.go"), Source("dapr-contract 1.5")]
    public async Task A_reminder_is_shown_by_every_instance()
    {
        var id = NewKey();
        (await A.SendAsync("PUT", Path(id, "reminders/later"), """{"dueTime":"1h","period":"5s","data":{"a":"b"}}""")).Is(204);

        foreach (var app in new[] { A, A2 })
        {
            var shown = (await app.GetAsync(Path(id, "reminders/later"))).Is(200).Json;
            Assert.Equal((id, Scripted), (shown.GetProperty("actorID").GetString(), shown.GetProperty("actorType").GetString()));
            Assert.Equal(("1h", "@every 5s"), (shown.GetProperty("dueTime").GetString(), shown.GetProperty("period").GetString()));
            Assert.Equal("""{"a":"b"}""", shown.GetProperty("data").GetRawText());
        }
        (await A.SendAsync("DELETE", Path(id, "reminders/later"))).Is(204);
    }

    [Fact]
    [Source("daprd:pkg/actors/api/reminder.go"), Source("dapr-contract 5.6")]
    public async Task The_same_name_replaces_a_reminder_unless_it_may_not()
    {
        var id = NewKey();
        (await A.SendAsync("PUT", Path(id, "reminders/wake"), """{"dueTime":"1h","data":"first"}""")).Is(204);

        (await A.SendAsync("PUT", Path(id, "reminders/wake"), """{"dueTime":"1h","data":"second","overwrite":false}""")).Is(409, "ERR_ACTOR_REMINDER_ALREADY_EXISTS");
        (await A.SendAsync("PUT", Path(id, "reminders/wake"), """{"dueTime":"50ms","data":"third"}""")).Is(204);

        Assert.Equal("third", Fire(await RecordedOnceAsync("conf-a", id, Method("remind/wake"))).GetProperty("data").GetString());
    }

    [Fact]
    [Source("daprd:pkg/actors/internal/scheduler/scheduler.go"), Source("dapr-contract 5.6")]
    public async Task A_failing_reminder_is_tried_three_times_more()
    {
        var id = NewKey();

        (await A.SendAsync("PUT", Path(id, "reminders/wake"), new { dueTime = "0s", data = new { key = id, answers = new[] { "500" } } })).Is(204);

        await RecordedAsync("conf-a", id, 4, Method("remind/wake"));
        await Task.Delay(TimeSpan.FromSeconds(1.5), Token); // a fifth would come after a second
        Assert.Equal(4, (await RecordedAsync("conf-a", id, 4, Method("remind/wake"))).Count);
    }

    [Fact]
    [Source("daprd:pkg/actors/internal/scheduler/scheduler.go"), Source("dapr-contract 5.6")]
    public async Task After_a_tick_that_was_given_up_the_next_one_comes()
    {
        var id = NewKey();

        (await A.SendAsync("PUT", Path(id, "reminders/wake"), new { dueTime = "0s", period = "5s", data = new { key = id, answers = new[] { "500", "500", "500", "500", "200" } } })).Is(204);

        await RecordedAsync("conf-a", id, 5, Method("remind/wake"));
        (await A.SendAsync("DELETE", Path(id, "reminders/wake"))).Is(204);
    }

    [Fact]
    [Source("daprd:pkg/runtime/scheduler/internal/cluster/streamer.go"), Source("daprd:pkg/actors/targets/app/transport/http/http.go")]
    public async Task The_header_that_is_to_end_a_reminder_only_makes_its_tick_a_success()
    {
        var id = NewKey();

        (await A.SendAsync("PUT", Path(id, "reminders/wake"), new { dueTime = "0s", period = "1s", data = new { key = id, answers = new[] { "cancel" } } })).Is(204);

        await RecordedAsync("conf-a", id, 3, Method("remind/wake"));
        (await A.GetAsync(Path(id, "reminders/wake"))).Is(200);
        (await A.SendAsync("DELETE", Path(id, "reminders/wake"))).Is(204);
    }

    [Theory, InlineData("a%2Fb"), InlineData("a%3Fb")]
    [Source("daprd:pkg/api/http/actors.go"), Source("daprd:pkg/messaging/method/normalize.go")]
    public async Task Names_with_what_no_path_may_have_are_refused(string name) =>
        (await A.SendAsync("PUT", Path(NewKey(), $"reminders/{name}"), """{"dueTime":"1h"}""")).Is(400, "ERR_BAD_REQUEST");
}
