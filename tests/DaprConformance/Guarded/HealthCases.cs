using ImDapr.DaprConformance.Systems;

namespace ImDapr.DaprConformance.Guarded;

/// <summary>One of two instances falls ill and gets well again: daprd takes events and actors from it and gives them back.</summary>
[Collection(GuardedCollection.Name)]
public sealed class HealthCases(ConformanceSystem main, GuardedSystem system) : GuardedCases(main, system), IAsyncLifetime
{
    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        if (ConformanceSystem.IsForeign)
            return;
        await BecomeAsync(200);
        await UntilAsync(CallItselfAsync, reply => reply.Status == 200);
        await UntilAsync(SubscriptionsAsync, count => count > 0);
    }

    [Fact]
    [Source("daprd:pkg/apphealth/health.go"), Source("daprd:pkg/channel/http/http_channel.go"), Source("dapr-contract 6")]
    public async Task An_app_that_is_ill_is_not_called()
    {
        SecondSystem.SkipWhenForeign();

        await BecomeAsync(500);

        var answer = await UntilAsync(CallItselfAsync, reply => reply.Status == 500);
        Assert.Contains("app is not in a healthy state", answer.Body, StringComparison.Ordinal);
        await BecomeAsync(200);
        await UntilAsync(CallItselfAsync, reply => reply.Status == 200);
    }

    [Fact]
    [Source("daprd:pkg/runtime/runtime.go"), Source("dapr-contract 6")]
    public async Task Events_go_to_the_other_instance()
    {
        SecondSystem.SkipWhenForeign();
        await BecomeAsync(500);
        await UntilAsync(CallItselfAsync, reply => reply.Status == 500);
        await UntilAsync(SubscriptionsAsync, count => count == 0);
        var key = NewKey();

        for (var n = 0; n < 20; n++)
            await Guarded.B.Dapr.PublishEventAsync("pubsub", "plain", new { key, n }, Token);

        var records = await RecordedAsync(Guarded.HostId, key, 20);
        Assert.All(records, record => Assert.Equal(Guarded.A.Port, record.Port));
    }

    [Fact]
    [Source("daprd:pkg/actors/internal/placement"), Source("dapr-contract 5.7")]
    public async Task Actors_move_to_the_other_instance_with_their_state()
    {
        SecondSystem.SkipWhenForeign();
        var id = await ActorOnAsync(Guarded.A2);
        (await Guarded.A2.SendAsync("PUT", $"/v1.0/actors/ScriptedActor/{id}/state", """[{"operation":"upsert","request":{"key":"k","value":"kept"}}]""")).Is(204);

        await BecomeAsync(500);

        await UntilAsync(() => CallAsync(id), reply => reply.Status == 200 && reply.Header("X-Instance") == $"{Guarded.A.Port}");
        Assert.Equal("\"kept\"", (await Guarded.A.GetAsync($"/v1.0/actors/ScriptedActor/{id}/state/k")).Is(200).Body);
        await BecomeAsync(200);
        await UntilAsync(() => CallAsync(id), reply => reply.Status == 200 && reply.Header("X-Instance") == $"{Guarded.A2.Port}");
    }

    [Fact]
    [Source("dapr-contract 5.6"), Source("dapr-contract 5.7")]
    public async Task Reminders_follow_their_actor()
    {
        SecondSystem.SkipWhenForeign();
        var id = await ActorOnAsync(Guarded.A2);
        (await Guarded.A2.SendAsync("PUT", $"/v1.0/actors/ScriptedActor/{id}/reminders/wake", """{"dueTime":"0s","period":"1s"}""")).Is(204);

        await BecomeAsync(500);

        await RecordedAsync(Guarded.HostId, id, 2, record => record.Port == Guarded.A.Port && record.Path.EndsWith("remind/wake", StringComparison.Ordinal));
        await Guarded.A.SendAsync("DELETE", $"/v1.0/actors/ScriptedActor/{id}/reminders/wake");
    }

    private Task<Answer> BecomeAsync(int status) => Guarded.A2.AskAppAsync("POST", $"/conformance-health/{status}");

    private Task<Answer> CallItselfAsync() => Guarded.A2.GetAsync("/v1.0/invoke/guarded-a/method/echo/x");

    private Task<Answer> CallAsync(string id) => Guarded.B.SendAsync("PUT", $"/v1.0/actors/ScriptedActor/{id}/method/echo", "{}");

    private async Task<int> SubscriptionsAsync() =>
        (await Guarded.A2.GetAsync("/v1.0/metadata")).Is(200).Json.TryGetProperty("subscriptions", out var list) ? list.GetArrayLength() : 0;

    private async Task<string> ActorOnAsync(AppInstance app)
    {
        var id = NewKey();
        await UntilAsync(
            async () =>
            {
                id = NewKey();
                return await CallAsync(id);
            },
            reply => reply.Status == 200 && reply.Header("X-Instance") == $"{app.Port}");
        return id;
    }
}
