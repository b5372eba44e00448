using System.Diagnostics;
using ImDapr.DaprConformance.Systems;

namespace ImDapr.DaprConformance.Durability;

/// <summary>One of two instances ends: its sidecar is shut down, or the app goes deaf beside a sidecar that lives.</summary>
[Collection(CrashCollection.Name)]
public sealed class DyingCases(ConformanceSystem main, CrashSystem system) : Cases(main), IAsyncLifetime
{
    // Below the three seconds of three built-in retries.
    private static readonly TimeSpan AtOnce = TimeSpan.FromSeconds(2.5);

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    // Each case leaves an instance behind that nobody can use.
    public async ValueTask DisposeAsync()
    {
        if (ConformanceSystem.IsForeign)
            return;
        await system.KillAsync();
        await system.StartAgainAsync();
    }

    [Fact]
    [Source("daprd:pkg/actors/internal/placement"), Source("dapr-contract 5.7")]
    public async Task An_actor_on_a_dying_instance_ends_its_call_and_lives_on_the_other_one()
    {
        SecondSystem.SkipWhenForeign();
        var id = await ActorOnAsync(system.A2);
        (await system.A2.SendAsync("PUT", $"/v1.0/actors/ScriptedActor/{id}/state", """[{"operation":"upsert","request":{"key":"k","value":"kept"}}]""")).Is(204);
        var running = CallAsync(id, "slow-1500");
        await RecordedAsync(system.HostId, id, 1, record => record.Path.EndsWith("/slow-1500", StringComparison.Ordinal));

        (await system.A2.SendAsync("POST", "/v1.0/shutdown")).Is(204);

        Assert.Equal($"{system.A2.Port}", (await running).Is(200).Header("X-Instance"));
        await UntilAsync(() => CallAsync(id, "echo"), reply => reply.Is(200).Header("X-Instance") == $"{system.A.Port}");
        Assert.Equal("\"kept\"", (await system.A.GetAsync($"/v1.0/actors/ScriptedActor/{id}/state/k")).Is(200).Body);
        var deactivated = await RecordedAsync(system.HostId, id, 1, record => record.Method == "DELETE");
        Assert.Equal(system.A2.Port, deactivated[0].Port);
    }

    [Fact]
    [Source("daprd:pkg/api/http/metadata.go"), Source("daprd:pkg/runtime/runtime.go")]
    public async Task A_sidecar_that_is_shut_down_is_gone_and_so_is_its_app_for_others()
    {
        SecondSystem.SkipWhenForeign();

        await system.A2.Dapr.ShutdownSidecarAsync(Token);

        await UntilAsync(() => IsHealthyAsync(system.A2), isHealthy => !isHealthy);
        var ports = await Task.WhenAll(Enumerable.Range(0, 10).Select(async _ =>
            (await system.B.GetAsync($"/v1.0/invoke/{system.HostId}/method/echo/x")).Is(200).Json.GetProperty("port").GetInt32()));
        Assert.All(ports, port => Assert.Equal(system.A.Port, port));
    }

    [Fact]
    [Source("daprd:pkg/api/grpc/daprinternal.go"), Source("daprd:pkg/messaging/direct_messaging.go")]
    public async Task A_call_of_a_dead_app_fails_at_once_and_is_not_made_again()
    {
        SecondSystem.SkipWhenForeign();
        await DeafenAsync(system.A2);
        var failures = 0;

        for (var n = 0; n < 10; n++)
        {
            var watch = Stopwatch.StartNew();
            var answer = await system.B.GetAsync($"/v1.0/invoke/{system.HostId}/method/echo/x");
            if (answer.Status == 200)
                continue;
            answer.Is(500, "ERR_DIRECT_INVOKE");
            Assert.True(watch.Elapsed < AtOnce, $"{watch.Elapsed}");
            failures++;
        }

        // Nobody checks its health, so it has its turn as before.
        Assert.InRange(failures, 1, 9);
    }

    [Fact]
    [Source("daprd:pkg/actors/router/router.go"), Source("dapr-contract 5.3")]
    public async Task A_call_of_an_actor_of_a_dead_app_fails_at_once()
    {
        SecondSystem.SkipWhenForeign();
        var id = await ActorOnAsync(system.A2);
        await DeafenAsync(system.A2);
        var watch = Stopwatch.StartNew();

        (await CallAsync(id, "echo")).Is(500, "ERR_ACTOR_INVOKE_METHOD");

        Assert.True(watch.Elapsed < AtOnce, $"{watch.Elapsed}");
    }

    protected override IEnumerable<AppInstance> Instances(string appId) => system.Instances(appId);

    private Task<Answer> CallAsync(string id, string method) => system.B.SendAsync("PUT", $"/v1.0/actors/ScriptedActor/{id}/method/{method}", "{}");

    private async Task<string> ActorOnAsync(AppInstance app)
    {
        var id = NewKey();
        await UntilAsync(
            async () =>
            {
                id = NewKey();
                return await CallAsync(id, "echo");
            },
            reply => reply.Status == 200 && reply.Header("X-Instance") == $"{app.Port}");
        return id;
    }

    private static async Task DeafenAsync(AppInstance app)
    {
        (await app.AskAppAsync("POST", "/deafen")).Is(200);
        await UntilAsync(() => HearsAsync(app), hears => !hears);
    }

    private static async Task<bool> HearsAsync(AppInstance app)
    {
        try
        {
            return (await app.AskAppAsync("GET", "/instance")).Status == 200;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private static Task<bool> IsHealthyAsync(AppInstance app) => app.Dapr.CheckHealthAsync(Token);
}
