using Dapr;
using ImDapr.DaprConformance.Systems;
using ImDapr.DaprConformanceApp.Actors;

namespace ImDapr.DaprConformance.Durability;

/// <summary>What was acknowledged survives the death of every process.</summary>
[Collection(CrashCollection.Name)]
public sealed class CrashCases(ConformanceSystem main, CrashSystem system) : Cases(main)
{
    // Below the workers of a sidecar, so that no event waits for another one's slow handler.
    private const int Most = 90;
    private const int Quick = 30;
    private const int Enough = 60;

    [Theory, InlineData("pubsub", "plain"), InlineData("pubsub-retry", "retried")]
    [Source("cc:pubsub/redis/redis.go"), Source("dapr-contract 3.6")]
    public async Task Every_acknowledged_event_reaches_every_app_over_a_crash(string pubSub, string topic)
    {
        SecondSystem.SkipWhenForeign();
        var key = NewKey();

        var before = await PublishUntilKilledAsync(pubSub, topic, key);
        await system.StartAgainAsync();

        Assert.InRange(before.Acknowledged.Count, Enough, Most);
        foreach (var app in new[] { system.HostId, system.CallerId })
        {
            var missing = before.Acknowledged.Except(before.Handled[app]).ToHashSet();
            await UntilAsync(async () => missing.Except(await NumbersAsync(app, key)).ToList(), left => left.Count == 0, TimeSpan.FromSeconds(60));
        }
    }

    [Fact]
    [Source("dapr-contract 5.6"), Source("daprd:pkg/actors/internal/scheduler/scheduler.go")]
    public async Task A_reminder_fires_after_a_crash_and_goes_on_firing()
    {
        SecondSystem.SkipWhenForeign();
        var (once, often) = (NewKey(), NewKey());
        (await system.A.SendAsync("PUT", $"/v1.0/actors/ScriptedActor/{once}/reminders/once", """{"dueTime":"4s","data":"kept"}""")).Is(204);
        (await system.A.SendAsync("PUT", $"/v1.0/actors/ScriptedActor/{often}/reminders/often", """{"dueTime":"0s","period":"1s"}""")).Is(204);
        await RecordedAsync(system.HostId, often, 2);

        await system.KillAsync();
        await system.StartAgainAsync();

        Assert.Equal("\"kept\"", (await RecordedAsync(system.HostId, once))[0].Json.GetProperty("data").GetRawText());
        await RecordedAsync(system.HostId, often, 3);
        await system.A.SendAsync("DELETE", $"/v1.0/actors/ScriptedActor/{often}/reminders/often");
    }

    [Fact]
    [Source("dapr-contract 5.5"), Source("daprd:pkg/actors/internal/timers/inmemory/inmemory.go")]
    public async Task A_timer_does_not_outlive_its_sidecar_but_state_does()
    {
        SecondSystem.SkipWhenForeign();
        var key = NewKey();
        var actor = system.B.Actor<ICounterActor>(key, "CounterActor");
        await actor.AddAsync(41);
        await actor.StartTimerAsync("tick", 100, 200);
        await UntilAsync(actor.TicksAsync, ticks => ticks > 0);
        await system.B.Dapr.SaveStateAsync("state", key, "saved", cancellationToken: Token);

        await system.KillAsync();
        await system.StartAgainAsync();

        actor = system.B.Actor<ICounterActor>(key, "CounterActor");
        Assert.Equal(42, await actor.AddAsync(1));
        Assert.Equal("saved", await system.B.Dapr.GetStateAsync<string>("state", key, cancellationToken: Token));
        var ticks = await actor.TicksAsync();
        await Task.Delay(Silence, Token); // nothing must happen: there is nothing to wait for
        Assert.Equal(ticks, await actor.TicksAsync());
    }

    [Fact]
    [Source("dapr-contract 2.5"), Source("cc:state/in-memory/in_memory.go")]
    public async Task What_is_in_memory_is_gone()
    {
        SecondSystem.SkipWhenForeign();
        var key = NewKey();
        await system.B.Dapr.SaveStateAsync("state-memory", key, "lost", cancellationToken: Token);

        await system.KillAsync();
        await system.StartAgainAsync();

        Assert.Null(await system.B.Dapr.GetStateAsync<string>("state-memory", key, cancellationToken: Token));
    }

    protected override IEnumerable<AppInstance> Instances(string appId) => system.Instances(appId);

    // The first are taken at once; handlers of the others still run when the kill comes, and the publisher still publishes.
    private async Task<Before> PublishUntilKilledAsync(string pubSub, string topic, string key)
    {
        using var killed = new CancellationTokenSource();
        var publishing = PublishAsync(pubSub, topic, key, killed.Token);
        await Task.WhenAll(RecordedAsync(system.HostId, key, Enough), RecordedAsync(system.CallerId, key, Enough));
        var handled = new Dictionary<string, HashSet<int>>();
        foreach (var app in new[] { system.HostId, system.CallerId })
            handled[app] = [.. (await NumbersAsync(app, key)).Where(n => n <= Quick)];
        await system.KillAsync();
        await killed.CancelAsync();
        return new(await publishing, handled);
    }

    private async Task<IReadOnlyList<int>> PublishAsync(string pubSub, string topic, string key, CancellationToken killed)
    {
        var (acknowledged, dapr) = (new List<int>(), system.B.Dapr);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        try
        {
            for (var n = 1; n <= Most && await timer.WaitForNextTickAsync(killed); n++)
            {
                await dapr.PublishEventAsync(pubSub, topic, new { key, n, answers = new[] { n <= Quick ? "SUCCESS" : "slow:8000" } }, killed);
                acknowledged.Add(n);
            }
        }
        catch (Exception exception) when (exception is DaprException or OperationCanceledException or ObjectDisposedException)
        {
            return acknowledged; // nobody said that this one was taken
        }
        return acknowledged;
    }

    private async Task<HashSet<int>> NumbersAsync(string appId, string key) =>
        [.. (await RecordedAsync(appId, key, 0)).Select(record => record.Json.GetProperty("data").GetProperty("n").GetInt32())];

    private sealed record Before(IReadOnlyCollection<int> Acknowledged, IReadOnlyDictionary<string, HashSet<int>> Handled);
}
