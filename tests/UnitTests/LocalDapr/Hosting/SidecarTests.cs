using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Dapr.Client;
using Grpc.Core;
using ImDapr.LocalDapr.Invocation;
using ImDapr.LocalDapr.Resources;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace ImDapr.UnitTests.LocalDapr.Hosting;

/// <summary>A sidecar as another project's test would start it, and what it makes of its files.</summary>
public sealed class SidecarTests : IAsyncLifetime
{
    private readonly TestSystem _system = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _system.DisposeAsync();

    [Fact]
    public async Task An_app_in_the_tests_own_process_uses_the_SDK_and_gets_its_events()
    {
        _system.Component("store", "state.in-memory");
        _system.Component("bus", "pubsub.in-memory");
        var received = new TaskCompletionSource<string>();
        var sidecar = await _system.AppAsync("orders", app =>
        {
            app.MapGet("/dapr/subscribe", () => new[] { new { pubsubName = "bus", topic = "made", route = "made" } });
            app.MapPost("/made", async (HttpContext context) => received.SetResult(
                (await JsonDocument.ParseAsync(context.Request.Body)).RootElement.GetProperty("data").GetProperty("id").GetString()!));
        });
        using var dapr = new DaprClientBuilder()
            .UseHttpEndpoint(sidecar.AppVariables["DAPR_HTTP_ENDPOINT"]).UseGrpcEndpoint(sidecar.AppVariables["DAPR_GRPC_ENDPOINT"]).Build();

        await dapr.SaveStateAsync("store", "a", 5);
        await dapr.PublishEventAsync("bus", "made", new { id = "7" });

        Assert.Equal(5, await dapr.GetStateAsync<int>("store", "a"));
        Assert.Equal("7", await received.Task.WaitAsync(Components.Patience));
        Assert.True(await dapr.CheckHealthAsync());
    }

    [Fact]
    public async Task Without_the_API_token_nothing_but_health_is_answered()
    {
        _system.Component("store", "state.in-memory");
        var sidecar = await _system.SidecarAsync(with: options => options with { Environment = new Dictionary<string, string> { ["DAPR_API_TOKEN"] = "secret" } });

        using var refused = await _system.GetAsync(sidecar, "/v1.0/state/store/a");
        Assert.Equal((HttpStatusCode.Unauthorized, "invalid api token\n"), (refused.StatusCode, await refused.Content.ReadAsStringAsync()));
        using var outbound = await _system.GetAsync(sidecar, "/v1.0/healthz/outbound");
        Assert.Equal(HttpStatusCode.NoContent, outbound.StatusCode);

        var builder = new DaprClientBuilder().UseHttpEndpoint($"http://127.0.0.1:{sidecar.HttpPort}").UseGrpcEndpoint($"http://127.0.0.1:{sidecar.GrpcPort}");
        using var stranger = builder.Build();
        var error = await Assert.ThrowsAsync<Dapr.DaprException>(() => stranger.GetStateAsync<int>("store", "a"));
        Assert.Equal(StatusCode.Unauthenticated, ((RpcException)error.InnerException!).StatusCode);
        using var known = builder.UseDaprApiToken("secret").Build();
        Assert.Equal(0, await known.GetStateAsync<int>("store", "a"));
    }

    [Fact]
    public async Task A_component_gets_its_values_from_secrets_and_the_app_only_those_it_may_have()
    {
        _system.Write("secrets.json", """{"prefix":"Mine","hidden":"x"}""");
        _system.Component("vault", "secretstores.local.file", $"{{name: secretsFile, value: {Path.Combine(_system.Resources, "secrets.json")}}}");
        _system.Component("store", "state.in-memory", "{name: keyPrefix, secretKeyRef: {name: prefix, key: prefix}}", "auth: {secretStore: vault}");
        var configuration = Path.Combine(Directory.CreateDirectory(Path.Combine(_system.Resources, "other")).FullName, "config.yaml");
        File.WriteAllText(configuration, "apiVersion: dapr.io/v1alpha1\nkind: Configuration\nmetadata: {name: c}\nspec:\n  secrets:\n    scopes: [{storeName: vault, deniedSecrets: [hidden]}]\n");
        var sidecar = await _system.SidecarAsync(with: options => options with { ConfigurationFile = configuration });

        using var secret = await _system.GetAsync(sidecar, "/v1.0/secrets/vault/prefix");
        Assert.Equal("""{"prefix":"Mine"}""", await secret.Content.ReadAsStringAsync());
        using var denied = await _system.GetAsync(sidecar, "/v1.0/secrets/vault/hidden");
        Assert.Equal(HttpStatusCode.Forbidden, denied.StatusCode);
        using var all = await _system.GetAsync(sidecar, "/v1.0/secrets/vault/bulk");
        Assert.Equal("""{"prefix":{"prefix":"Mine"}}""", await all.Content.ReadAsStringAsync());
        using var unknown = await _system.GetAsync(sidecar, "/v1.0/secrets/none/prefix");
        Assert.Equal(HttpStatusCode.Unauthorized, unknown.StatusCode);
    }

    [Theory]
    [InlineData("path")]
    [InlineData("header")]
    [InlineData("basic")]
    public async Task An_app_is_called_by_path_by_header_and_by_basic_authentication(string form)
    {
        var caller = await _system.SidecarAsync("caller");
        await _system.AppAsync("callee", app => app.Map("/a/{**path}", (HttpContext context) => $"{context.Request.Method} {context.Request.Path}{context.Request.QueryString} for {context.Request.Headers["dapr-callee-app-id"]} by {context.Request.Headers["dapr-caller-app-id"]}"));
        using var request = new HttpRequestMessage(
            HttpMethod.Patch, TestSystem.Address(caller, form == "path" ? "/v1.0/invoke/callee/method/a/./b//c?x=1&x=2" : "/a/./b//c?x=1&x=2"));
        request.Headers.TryAddWithoutValidation("dapr-caller-app-id", "somebody else");
        if (form == "header")
            request.Headers.Add("dapr-app-id", "callee");
        if (form == "basic")
            request.Headers.Authorization = new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes("dapr-app-id:callee")));

        using var response = await _system.Http.SendAsync(request);

        Assert.Equal("PATCH /a/b/c?x=1&x=2 for callee by caller", await response.Content.ReadAsStringAsync());
        Assert.True(response.Headers.TransferEncodingChunked); // as from daprd
    }

    [Fact]
    public async Task An_app_that_is_not_there_is_told_and_so_is_a_call_of_nobody()
    {
        var sidecar = await _system.SidecarAsync();

        using var absent = await _system.GetAsync(sidecar, "/v1.0/invoke/absent/method/x");
        Assert.Equal((HttpStatusCode.InternalServerError, "ERR_DIRECT_INVOKE"), (absent.StatusCode, await CodeAsync(absent)));
        using var nobody = await _system.GetAsync(sidecar, "/v1.0/unheard-of");
        Assert.Equal((HttpStatusCode.NotFound, "ERR_DIRECT_INVOKE"), (nobody.StatusCode, await CodeAsync(nobody)));
    }

    [Fact]
    public async Task Failures_of_an_app_open_its_circuit_breaker_for_that_method()
    {
        _system.Write(
            "resiliency.yaml",
            "apiVersion: dapr.io/v1alpha1\nkind: Resiliency\nmetadata: {name: r}\nspec:\n  policies:\n    circuitBreakers: {cb: {trip: consecutiveFailures >= 2, timeout: 60s}}\n  targets:\n    apps: {callee: {circuitBreaker: cb}}\n");
        var calls = 0;
        await _system.AppAsync("callee", app =>
        {
            app.MapGet("/bad", () =>
            {
                Interlocked.Increment(ref calls);
                return Results.Text("broken", statusCode: 503);
            });
            app.MapGet("/good", () => "good");
        });
        var caller = await _system.SidecarAsync("caller");

        for (var i = 0; i < 2; i++)
        {
            using var failed = await _system.GetAsync(caller, "/v1.0/invoke/callee/method/bad");
            Assert.Equal((HttpStatusCode.ServiceUnavailable, "broken"), (failed.StatusCode, await failed.Content.ReadAsStringAsync()));
        }
        using var open = await _system.GetAsync(caller, "/v1.0/invoke/callee/method/bad");
        Assert.Contains("circuit breaker is open", await open.Content.ReadAsStringAsync());
        Assert.Equal(2, calls);
        using var good = await _system.GetAsync(caller, "/v1.0/invoke/callee/method/good");
        Assert.Equal("good", await good.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task An_app_that_turns_unhealthy_is_left_alone_until_it_is_well_again()
    {
        _system.Component("bus", "pubsub.in-memory");
        var healthy = false;
        var sidecar = await _system.AppAsync(
            "app",
            app =>
            {
                app.MapGet("/health", () => Results.StatusCode(healthy ? 200 : 500));
                app.MapGet("/dapr/subscribe", () => new[] { new { pubsubName = "bus", topic = "t", route = "t" } });
                app.MapGet("/hello", () => "hello");
            },
            options => options with { AppHealth = new AppHealthOptions("/health", TimeSpan.FromMilliseconds(20), TimeSpan.FromSeconds(5), 2) });

        Assert.False(sidecar.Connected.IsCompleted);
        healthy = true;
        await sidecar.Connected.WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Equal(1, await SubscriptionsAsync(sidecar));
        healthy = false;
        await UntilAsync(async () => (await SubscriptionsAsync(sidecar)) == 0);
        using var refused = await _system.GetAsync(sidecar, "/v1.0/invoke/app/method/hello");
        Assert.Contains("app is not in a healthy state", await refused.Content.ReadAsStringAsync());
        healthy = true;
        await UntilAsync(async () => (await SubscriptionsAsync(sidecar)) == 1);
        using var answered = await _system.GetAsync(sidecar, "/v1.0/invoke/app/method/hello");
        Assert.Equal("hello", await answered.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Every_hop_is_a_span_of_its_own_in_the_callers_trace()
    {
        const string parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        await _system.AppAsync("callee", app => app.MapGet("/trace", (HttpContext context) => context.Request.Headers.TraceParent.ToString()));
        var caller = await _system.SidecarAsync("caller");
        using var request = new HttpRequestMessage(HttpMethod.Get, TestSystem.Address(caller, "/v1.0/invoke/callee/method/trace"));
        request.Headers.TryAddWithoutValidation("traceparent", parent);

        using var response = await _system.Http.SendAsync(request);

        var seen = await response.Content.ReadAsStringAsync();
        Assert.StartsWith("00-0af7651916cd43dd8448eb211c80319c-", seen);
        Assert.EndsWith("-01", seen);
        Assert.NotEqual(parent, seen);
        using var fresh = await _system.GetAsync(caller, "/v1.0/invoke/callee/method/trace");
        Assert.Matches("^00-[0-9a-f]{32}-[0-9a-f]{16}-00$", await fresh.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task What_a_file_asks_for_in_vain_is_named_with_its_place()
    {
        _system.Component("store", "state.in-memory", "{name: poolSize, value: \"5\"}");

        await _system.SidecarAsync();

        Assert.Matches(@"store\.yaml\(\d+,\d+\): metadata 'poolSize' of store", Assert.Single(_system.Warnings));
    }

    [Theory]
    [InlineData("kind: HTTPEndpoint\nmetadata: {name: x}", "kind 'HTTPEndpoint'")]
    [InlineData("kind: Component\nmetadata: {name: x}\nspec: {type: state.unheard, version: v1}", "unknown type state.unheard")]
    [InlineData("kind: Component\nmetadata: {name: x}\nspec: {type: state.in-memory, metadata: [{name: a, secretKeyRef: {name: b}}]}", "auth.secretStore")]
    [InlineData("kind: Component\nmetadata: {name: x}\nspec: {type: state.in-memory, metadata: [{name: a, envRef: DAPR_API_TOKEN}]}", "may not be used")]
    [InlineData("apiVersion: dapr.io/v2alpha1\nkind: Subscription\nmetadata: {name: x}\nspec: {pubsubname: p, topic: t, routes: {rules: [{match: 'event.', path: /x}]}}", "unexpected end")]
    [InlineData("apiVersion: dapr.io/v2alpha1\nkind: Subscription\nmetadata: {name: x}\nspec: {pubsubname: p, topic: t, route: /x}", "unknown field 'route'")]
    public async Task What_would_change_behaviour_is_refused_with_file_and_line(string yaml, string reason)
    {
        _system.Write("bad.yaml", yaml);

        var refused = await Assert.ThrowsAnyAsync<Exception>(() => _system.SidecarAsync());

        Assert.True(refused is ResourceException or ComponentException, refused.GetType().Name);
        Assert.Contains(reason, refused.Message);
        Assert.Matches(@"bad\.yaml\(\d+,\d+\): ", refused.Message);
    }

    [Fact]
    public async Task A_component_that_does_not_start_is_left_out_when_its_errors_are_to_be_ignored()
    {
        _system.Write("bad.yaml", "kind: Component\nmetadata: {name: x}\nspec: {type: secretstores.local.file, ignoreErrors: true, metadata: [{name: secretsFile, value: /none}]}");

        var sidecar = await _system.SidecarAsync();

        using var secret = await _system.GetAsync(sidecar, "/v1.0/secrets/x/a");
        Assert.Equal("ERR_SECRET_STORES_NOT_CONFIGURED", await CodeAsync(secret));
    }

    [Fact]
    public async Task Components_and_subscriptions_are_only_seen_by_the_apps_in_their_scope()
    {
        _system.Component("store", "state.in-memory", more: "scopes: [friend]");

        using var refused = await _system.GetAsync(await _system.SidecarAsync("stranger"), "/v1.0/state/store/a");
        using var allowed = await _system.GetAsync(await _system.SidecarAsync("friend"), "/v1.0/state/store/a");

        Assert.Equal("ERR_STATE_STORE_NOT_CONFIGURED", await CodeAsync(refused));
        Assert.Equal(HttpStatusCode.NoContent, allowed.StatusCode);
    }

    private static async Task<string> CodeAsync(HttpResponseMessage response) =>
        (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("errorCode").GetString()!;

    private async Task<int> SubscriptionsAsync(ImDapr.LocalDapr.Hosting.Sidecar sidecar)
    {
        var metadata = await _system.Http.GetFromJsonAsync<JsonElement>(TestSystem.Address(sidecar, "/v1.0/metadata"));
        return metadata.TryGetProperty("subscriptions", out var subscriptions) ? subscriptions.GetArrayLength() : 0;
    }

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        using var limit = new CancellationTokenSource(Components.Patience);
        while (!await condition())
            await Task.Delay(10, limit.Token);
    }
}
