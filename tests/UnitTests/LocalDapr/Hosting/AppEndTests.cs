using System.Net;
using ImDapr.LocalDapr.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace ImDapr.UnitTests.LocalDapr.Hosting;

/// <summary>What still runs when an app or its sidecar ends, and what a call holds until then.</summary>
public sealed class AppEndTests : IAsyncLifetime
{
    private readonly TestSystem _system = new();
    private readonly TaskCompletionSource _begun = new();
    private readonly TaskCompletionSource _released = new();
    private int _ended;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        _released.TrySetResult();
        await _system.DisposeAsync();
    }

    [Fact]
    public async Task A_delivery_that_runs_may_end_before_the_app_is_let_go_and_no_other_begins()
    {
        var sidecar = await SubscriberAsync();
        await PublishAsync(sidecar, "first");
        await _begun.Task.WaitAsync(Components.Patience);

        var leaving = sidecar.DisconnectAppAsync();
        await PublishAsync(sidecar, "second");
        Assert.False(leaving.IsCompleted);
        _released.SetResult();
        await leaving.WaitAsync(Components.Patience);

        Assert.Equal(1, _ended);
    }

    [Fact]
    public async Task An_app_that_is_lost_is_not_waited_for()
    {
        var sidecar = await SubscriberAsync();
        await PublishAsync(sidecar, "first");
        await _begun.Task.WaitAsync(Components.Patience);

        await sidecar.LoseAppAsync().WaitAsync(Components.Patience);

        Assert.Equal(0, _ended);
    }

    [Fact]
    public async Task A_sidecar_that_is_asked_to_shut_down_is_gone()
    {
        var sidecar = await SubscriberAsync();

        using var answer = await _system.Http.PostAsync(TestSystem.Address(sidecar, "/v1.0/shutdown"), null);

        Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
        using var limit = new CancellationTokenSource(Components.Patience);
        while (await IsThereAsync(sidecar))
            await Task.Delay(10, limit.Token);
    }

    [Fact]
    public async Task An_answer_that_streams_holds_its_place_among_the_calls_of_an_app()
    {
        var sidecar = await _system.AppAsync(
            "app",
            app =>
            {
                app.MapGet("/stream", StreamAsync);
                app.MapGet("/other", () => Interlocked.Increment(ref _ended));
            },
            options => options with { AppMaxConcurrency = 1 });
        using var streaming = await _system.Http.GetAsync(TestSystem.Address(sidecar, "/v1.0/invoke/app/method/stream"), HttpCompletionOption.ResponseHeadersRead);

        var other = _system.GetAsync(sidecar, "/v1.0/invoke/app/method/other");
        Assert.Equal(0, _ended);
        _released.SetResult();
        Assert.Equal("beginend", await streaming.Content.ReadAsStringAsync());

        using var answer = await other.WaitAsync(Components.Patience);
        Assert.Equal("1", await answer.Content.ReadAsStringAsync());
    }

    private Task<Sidecar> SubscriberAsync()
    {
        _system.Component("bus", "pubsub.in-memory");
        return _system.AppAsync("app", app =>
        {
            app.MapGet("/dapr/subscribe", () => new[] { new { pubsubName = "bus", topic = "t", route = "t" } });
            app.MapPost("/t", async (HttpContext context) =>
            {
                _begun.TrySetResult();
                await _released.Task.WaitAsync(context.RequestAborted);
                Interlocked.Increment(ref _ended);
            });
        });
    }

    private async Task PublishAsync(Sidecar sidecar, string text)
    {
        // One subscriber takes one message at a time: the publisher of the second waits for the first.
        var publishing = _system.Http.PostAsync(TestSystem.Address(sidecar, "/v1.0/publish/bus/t"), new StringContent(text));
        if (text == "first")
            (await publishing).Dispose();
    }

    private async Task StreamAsync(HttpContext context)
    {
        await context.Response.WriteAsync("begin");
        await context.Response.Body.FlushAsync();
        await _released.Task;
        await context.Response.WriteAsync("end");
    }

    private async Task<bool> IsThereAsync(Sidecar sidecar)
    {
        try
        {
            using var answer = await _system.GetAsync(sidecar, "/v1.0/healthz/outbound");
            return true;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
