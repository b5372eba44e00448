using System.Net;
using System.Text;
using Dapr;

namespace ImDapr.UnitTests.LocalDapr.Actors;

/// <summary>The official SDK on both ends: a weakly typed proxy, and actors that save, wake and tick.</summary>
public sealed class SdkActorTests : IAsyncLifetime
{
    private SdkActorApp _app = null!;

    public async Task InitializeAsync() => _app = await SdkActorApp.StartAsync();

    public async Task DisposeAsync() => await _app.DisposeAsync();

    [Fact]
    public async Task A_proxy_calls_an_actor_and_its_state_is_saved()
    {
        var actor = _app.Proxy("ann@home");

        Assert.Equal(2, await actor.InvokeMethodAsync<long, long>("AddAsync", 2));
        Assert.Equal(5, await actor.InvokeMethodAsync<long, long>("AddAsync", 3));

        Assert.Equal("5", _app.Store["counters||CounterActor||ann@home||sum"]);
    }

    [Fact]
    public async Task A_hundred_calls_at_once_lose_no_update()
    {
        var actor = _app.Proxy("busy");

        await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => actor.InvokeMethodAsync<long, long>("AddAsync", 1)));

        Assert.Equal("100", _app.Store["counters||CounterActor||busy||sum"]);
    }

    [Fact]
    public async Task A_large_body_travels_both_ways()
    {
        var text = new string('x', 2 * 1024 * 1024);

        Assert.Equal(text, await _app.Proxy("big").InvokeMethodAsync<string, string>("EchoAsync", text));
    }

    [Fact]
    public async Task An_exception_in_an_actor_is_an_error_of_the_call()
    {
        var error = await Assert.ThrowsAsync<DaprApiException>(() => _app.Proxy("ann").InvokeMethodAsync("FailAsync"));

        Assert.Equal("ERR_ACTOR_INVOKE_METHOD", error.ErrorCode);
    }

    [Fact]
    public async Task A_reminder_and_a_timer_reach_the_actor()
    {
        var actor = _app.Proxy("ann");

        await actor.InvokeMethodAsync("WakeAsync");
        await actor.InvokeMethodAsync("TickAsync");

        Assert.Equal("\"wake 2 -1\"", await SavedAsync("ann", "woken"));
        Assert.Equal("1", await SavedAsync("ann", "ticked"));
    }

    [Theory]
    [InlineData("PUT", "CounterActor/asleep/state", "[]", 400, "ERR_ACTOR_INSTANCE_MISSING")]
    [InlineData("PUT", "dapr.internal.x/ann/state", "[]", 403, "ERR_ACTOR_TYPE_RESERVED")]
    [InlineData("PUT", "Nobody/ann/reminders/wake", "{\"dueTime\":\"1s\"}", 403, "ERR_ACTOR_REMINDER_NON_HOSTED")]
    [InlineData("GET", "CounterActor/ann/reminders/none", null, 404, "ERR_ACTOR_REMINDER_NOT_FOUND")]
    [InlineData("PUT", "CounterActor/ann/timers/tick", "{", 400, "ERR_MALFORMED_REQUEST")]
    [InlineData("PUT", "CounterActor/a%2Fb/method/EchoAsync", "\"x\"", 400, "ERR_BAD_REQUEST")]
    public async Task A_refusal_has_daprds_status_and_code(string verb, string path, string? body, int status, string code)
    {
        using var response = await SendAsync(verb, path, body);

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Contains($"{{\"errorCode\":\"{code}\",\"message\":\"", await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Ids_are_decoded_once()
    {
        _app.Store["counters||CounterActor||a%2Fb||k"] = "1";
        _app.Store["counters||CounterActor||a/b||k"] = "2";

        Assert.Equal("1", await ReadAsync("CounterActor/a%252Fb/state/k"));
        Assert.Equal("2", await ReadAsync("CounterActor/a%2Fb/state/k"));
    }

    [Fact]
    public async Task A_missing_value_has_no_content()
    {
        using var response = await SendAsync("GET", "CounterActor/ann/state/none", null);

        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
    }

    [Fact]
    public async Task A_reminder_is_shown_as_a_job_of_the_scheduler()
    {
        await SendAsync("PUT", "CounterActor/ann/reminders/later", """{"dueTime":"1h","period":"5s","data":"AQ=="}""");

        Assert.Equal(
            """{"actorID":"ann","actorType":"CounterActor","data":"AQ==","dueTime":"1h","period":"@every 5s"}""",
            await ReadAsync("CounterActor/ann/reminders/later"));
    }

    private async Task<HttpResponseMessage> SendAsync(string verb, string path, string? body)
    {
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(new HttpMethod(verb), $"{_app.Address}/v1.0/actors/{path}");
        request.Content = body is null ? null : new StringContent(body, Encoding.UTF8, "text/plain");
        return await http.SendAsync(request);
    }

    private async Task<string> ReadAsync(string path)
    {
        using var response = await SendAsync("GET", path, null);
        return await response.Content.ReadAsStringAsync();
    }

    private async Task<string> SavedAsync(string id, string key)
    {
        using var deadline = new CancellationTokenSource(Wait.Limit);
        while (_app.Store[$"counters||CounterActor||{id}||{key}"] is null)
        {
            deadline.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }

        return _app.Store[$"counters||CounterActor||{id}||{key}"]!;
    }
}
