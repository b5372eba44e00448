using System.Net;
using System.Text;
using Dapr.Client;
using ImDapr.DaprConformance.Systems;

namespace ImDapr.DaprConformance.Invocation;

/// <summary>One app calls another; conf-b calls conf-a, for which there is no policy.</summary>
public sealed class InvocationCases(ConformanceSystem system) : Cases(system)
{
    private const string Method = "/v1.0/invoke/conf-a/method";

    [Theory, InlineData("GET"), InlineData("POST"), InlineData("PUT"), InlineData("DELETE"), InlineData("PATCH"), InlineData("OPTIONS")]
    [Source("daprd:pkg/api/http/directmessaging.go")]
    public async Task Every_verb_arrives_with_path_query_and_body(string verb)
    {
        var key = NewKey();
        var body = verb is "GET" or "OPTIONS" ? null : """{"a":1}""";

        var answer = await B.SendAsync(verb, $"{Method}/echo/{key}?a=1&a=2&b=%20x", body);

        var echo = answer.Is(200).Json;
        Assert.Equal((verb, $"/echo/{key}", "?a=1&a=2&b=%20x"), (Text(echo, "method"), Text(echo, "path"), Text(echo, "query")));
        Assert.Equal(body ?? "", Text(echo, "body"));
    }

    [Fact]
    [Source("daprd:pkg/api/http/directmessaging.go")]
    public async Task A_HEAD_has_a_status_and_no_body()
    {
        var answer = await B.SendAsync("HEAD", $"{Method}/echo/x");

        Assert.Equal((200, ""), (answer.Status, answer.Body));
    }

    [Theory, InlineData("header"), InlineData("basic"), InlineData("url")]
    [Source("daprd:pkg/api/http/directmessaging.go"), Source("dapr-contract 6")]
    public async Task An_app_is_named_in_the_URL_a_header_or_as_a_user(string form)
    {
        var basic = $"Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes("dapr-app-id:conf-a"))}";

        var answer = form switch
        {
            "header" => await B.GetAsync("/echo/there?q=1", ("dapr-app-id", "conf-a")),
            "basic" => await B.GetAsync("/echo/there?q=1", ("Authorization", basic)),
            _ => await B.GetAsync($"{Method}/echo/there?q=1"),
        };

        var echo = answer.Is(200).Json;
        Assert.Equal(("conf-a", "/echo/there", "?q=1"), (Text(echo, "appId"), Text(echo, "path"), Text(echo, "query")));
        Assert.False(echo.GetProperty("headers").TryGetProperty("dapr-app-id", out _));
    }

    [Fact]
    [Source("daprd:pkg/messages/predefined.go")]
    public async Task Without_an_app_there_is_404() => (await B.GetAsync("/no/such/route")).Is(404, "ERR_DIRECT_INVOKE");

    [Fact]
    [Source("daprd:pkg/messages/predefined.go"), Source("daprd:pkg/api/http/directmessaging.go")]
    public async Task An_unknown_app_is_500_and_named()
    {
        var answer = (await B.GetAsync("/v1.0/invoke/nobody/method/echo")).Is(500, "ERR_DIRECT_INVOKE");

        Assert.StartsWith("failed to invoke, id: nobody, err: ", Text(answer.Json, "message"));
    }

    [Theory]
    [InlineData(200), InlineData(201), InlineData(202), InlineData(302), InlineData(400), InlineData(401), InlineData(403), InlineData(404), InlineData(409)]
    [InlineData(418), InlineData(429), InlineData(500), InlineData(503)]
    [Source("daprd:pkg/api/http/directmessaging.go"), Source("dapr-contract 6")]
    public async Task The_apps_status_and_body_are_the_answer(int status)
    {
        var answer = await B.GetAsync($"{Method}/status/{status}");

        Assert.Equal((status, $"status {status}"), (answer.Status, answer.Body));
    }

    [Fact]
    [Source("daprd:pkg/api/http/directmessaging.go")]
    public async Task No_content_is_no_content()
    {
        var answer = await B.GetAsync($"{Method}/empty");

        Assert.Equal((204, ""), (answer.Status, answer.Body));
    }

    [Fact]
    [Source("daprd:pkg/messaging/v1/util.go"), Source("daprd:pkg/messaging/direct_messaging.go"), Source("dapr-contract 6")]
    public async Task Headers_go_through_and_daprs_own_are_added()
    {
        var headers = (await B.GetAsync($"{Method}/echo/x", ("X-Mine", "1"), ("Accept-Language", "de"), ("Authorization", "Bearer abc"))).Is(200).Json.GetProperty("headers");

        Assert.Equal(("1", "de", "Bearer abc"), (Text(headers, "x-mine"), Text(headers, "accept-language"), Text(headers, "authorization")));
        Assert.Equal(("conf-b", "conf-a"), (Text(headers, "dapr-caller-app-id"), Text(headers, "dapr-callee-app-id")));
        Assert.NotEmpty(Text(headers, "x-forwarded-for"));
        Assert.NotEmpty(Text(headers, "x-forwarded-host"));
        Assert.Contains("for=", Text(headers, "forwarded"), StringComparison.Ordinal);
    }

    [Theory, InlineData("Keep-Alive", "timeout=5"), InlineData("TE", "trailers"), InlineData("Proxy-Authorization", "Basic eA=="), InlineData("X-Nominated", "1")]
    [Source("daprd:pkg/messaging/v1/util.go")]
    public async Task Headers_of_one_hop_stay_behind(string name, string value)
    {
        (string, string)[] headers = name == "X-Nominated" ? [(name, value), ("Connection", name)] : [(name, value)];

        var seen = (await B.GetAsync($"{Method}/echo/x", headers)).Is(200).Json.GetProperty("headers");

        Assert.False(seen.TryGetProperty(name.ToLowerInvariant(), out var passed), $"{passed}");
    }

    [Fact]
    [Source("daprd:pkg/api/http/directmessaging.go")]
    public async Task Headers_of_the_answer_come_back()
    {
        var answer = (await B.GetAsync($"{Method}/headers")).Is(200);

        Assert.Equal(("seen", "a=b"), (answer.Header("X-Answer"), answer.Header("Set-Cookie")));
        Assert.StartsWith("text/plain", answer.Header("Content-Type"));
    }

    [Fact]
    [Source("daprd:pkg/messaging/v1/util.go"), Source("dapr-contract 6")]
    public async Task A_trace_goes_on_in_the_app()
    {
        const string Trace = "4bf92f3577b34da6a3ce929d0e0e4736";

        var seen = (await B.GetAsync($"{Method}/echo/x", ("traceparent", $"00-{Trace}-00f067aa0ba902b7-01"))).Is(200).Json.GetProperty("headers");

        Assert.StartsWith($"00-{Trace}-", Text(seen, "traceparent"));
    }

    [Theory]
    [InlineData("/echo/a%20b", "/echo/a%20b"), InlineData("/echo/a%2Fb", "/echo/a/b"), InlineData("/echo/%C3%A4", "/echo/%C3%A4")]
    [InlineData("/echo//x", "/echo/x"), InlineData("/echo/x/", "/echo/x"), InlineData("/echo/y/../x", "/echo/x"), InlineData("/echo/./x", "/echo/x")]
    [InlineData("/../../echo/x", "/echo/x"), InlineData("/echo/y%2F..%2Fx", "/echo/x")]
    [Source("daprd:pkg/api/http/directmessaging.go"), Source("daprd:pkg/channel/http/http_channel.go")]
    public async Task A_path_is_decoded_and_cleaned(string sent, string seen) =>
        Assert.Equal(seen, Text((await B.GetAsync($"{Method}{sent}")).Is(200).Json, "path"));

    [Theory, InlineData("/echo/a%3Fb"), InlineData("/echo/a%23b"), InlineData("/echo/a%0Ab"), InlineData("/echo/a%7Fb")]
    [Source("daprd:pkg/messaging/direct_messaging.go"), Source("daprd:pkg/security/method")]
    public async Task A_path_with_what_no_path_may_have_is_refused(string path) =>
        (await B.GetAsync($"{Method}{path}")).Is(500, "ERR_DIRECT_INVOKE");

    [Fact]
    [Source("daprd:pkg/messaging/direct_messaging.go"), Source("dapr-contract 6")]
    public async Task Calls_are_spread_over_the_instances()
    {
        var ports = new HashSet<int>();

        await UntilAsync(
            async () =>
            {
                ports.Add((await B.GetAsync($"{Method}/echo/x")).Is(200).Json.GetProperty("port").GetInt32());
                return ports;
            },
            seen => seen.Count == 2);

        Assert.Equal(new[] { A.Port, A2.Port }.Order(), ports.Order());
    }

    [Fact]
    [Source("daprd:pkg/messaging/direct_messaging.go")]
    public async Task An_app_that_calls_itself_stays_in_its_own_instance()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => A2.GetAsync($"{Method}/echo/x")));

        Assert.All(answers, answer => Assert.Equal(A2.Port, answer.Is(200).Json.GetProperty("port").GetInt32()));
    }

    [Theory, InlineData(0), InlineData(1), InlineData(1_000_000), InlineData(4 * 1024 * 1024 - 1024)]
    [Source("dapr-contract 6"), Source("daprd:pkg/api/http/middlewares.go")]
    public async Task Bodies_up_to_four_MiB_go_through(int length) =>
        Assert.Equal($"{length}", (await B.SendAsync("POST", $"{Method}/length", new byte[length], "application/octet-stream")).Is(200).Body);

    [Fact]
    [Source("daprd:pkg/api/http/middlewares.go")]
    public async Task A_body_above_four_MiB_does_not()
    {
        try
        {
            var answer = await B.SendAsync("POST", $"{Method}/length", new byte[4 * 1024 * 1024 + 1], "application/octet-stream");
            Assert.InRange(answer.Status, 400, 599);
        }
        catch (HttpRequestException)
        {
            return; // the sidecar answers before it has read everything, and may close the connection
        }
    }

    [Fact]
    [Source("daprd:pkg/api/http/directmessaging.go")]
    public async Task A_body_of_unknown_length_goes_through()
    {
        using var body = new StreamContent(new EndlessStream(300_000));
        Assert.Equal("300000", (await B.SendAsync("POST", $"{Method}/length", body)).Is(200).Body);
    }

    [Theory, InlineData(10, 10), InlineData(50, 1024), InlineData(6, 1024 * 1024)]
    [Source("daprd:pkg/api/http/directmessaging.go")]
    public async Task An_answer_may_be_a_stream_of_any_length(int chunks, int size) =>
        Assert.Equal(chunks * size, (await B.GetAsync($"{Method}/stream/{chunks}/{size}")).Is(200).Body.Length);

    [Fact]
    [Source("SDK:Dapr.Client.InvocationHandler"), Source("dapr-contract 1.2")]
    public async Task The_SDKs_HTTP_client_invokes()
    {
        using var client = DaprClient.CreateInvokeHttpClient("conf-a", B.SidecarHttp);

        using var answer = await client.GetAsync(new Uri("/status/409", UriKind.Relative), Token);

        Assert.Equal((HttpStatusCode.Conflict, "status 409"), (answer.StatusCode, await answer.Content.ReadAsStringAsync(Token)));
    }

    [Fact]
    [Source("SDK:Dapr.Client.DaprClientGrpc"), Source("dapr-contract 1.2")]
    public async Task The_SDK_throws_on_any_other_status_than_success()
    {
        using var client = B.Dapr.CreateInvokableHttpClient("conf-a");

        await Assert.ThrowsAsync<HttpRequestException>(() => client.GetStringAsync(new Uri("/status/500", UriKind.Relative), Token));
        Assert.Equal("status 202", await client.GetStringAsync(new Uri("/status/202", UriKind.Relative), Token));
    }

    private static string Text(System.Text.Json.JsonElement json, string name) => json.GetProperty(name).GetString()!;

    /// <summary>Bytes whose number nobody can ask for.</summary>
    private sealed class EndlessStream(int length) : MemoryStream(new byte[length])
    {
        public override bool CanSeek => false;
    }
}
