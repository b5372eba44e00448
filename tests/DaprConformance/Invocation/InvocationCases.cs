using System.Text.Json;
using ImDapr.DaprConformance.Systems;

namespace ImDapr.DaprConformance.Invocation;

/// <summary>Service invocation: what reaches the other app, and what comes back. conf-a has no policy.</summary>
[Source("daprd:pkg/api/http/directmessaging.go")]
public sealed class InvocationCases(ConformanceSystem system) : Cases(system)
{
    private const string ToA = "/v1.0/invoke/conf-a/method";

    [Theory]
    [InlineData("GET"), InlineData("POST"), InlineData("PUT"), InlineData("DELETE"), InlineData("PATCH"), InlineData("OPTIONS")]
    public async Task Every_verb_is_forwarded(string verb)
    {
        var answer = (await B.SendAsync(verb, $"{ToA}/echo/x", verb is "POST" or "PUT" or "PATCH" ? "{}" : null)).Is(200);

        Assert.Equal(verb, Text(answer, "method"));
    }

    [Theory]
    [InlineData("/echo/a/b", "/echo/a/b")]
    [InlineData("/echo//a///b", "/echo/a/b")]
    [InlineData("/echo/a/../b", "/echo/b")]
    [InlineData("/echo/./a/", "/echo/a")]
    [InlineData("/echo/a%20b", "/echo/a%20b")]
    [InlineData("/echo/a%2Fb", "/echo/a/b")] // decoded before it is forwarded: it becomes a separator
    public async Task A_path_is_cleaned_and_decoded_on_the_way(string sent, string seen) =>
        Assert.Equal(seen, Text((await B.GetAsync($"{ToA}{sent}")).Is(200), "path"));

    [Fact]
    public async Task A_query_arrives_as_it_was_sent() =>
        Assert.Equal("?a=1&a=2&b=%20x+y", Text((await B.GetAsync($"{ToA}/echo/x?a=1&a=2&b=%20x+y")).Is(200), "query"));

    [Fact]
    public async Task A_body_and_its_type_arrive_as_they_were_sent()
    {
        var answer = (await B.SendAsync("POST", $"{ToA}/echo/x", "plain ü", "text/plain; charset=utf-8")).Is(200);

        Assert.Equal("plain ü", Text(answer, "body"));
        Assert.Equal("text/plain; charset=utf-8", Header(answer, "content-type"));
    }

    [Fact]
    public async Task An_app_may_be_named_in_a_header_which_is_not_passed_on()
    {
        var answer = (await B.GetAsync("/echo/by-header", ("dapr-app-id", "conf-a"))).Is(200);

        Assert.Equal("/echo/by-header", Text(answer, "path"));
        Assert.Null(Header(answer, "dapr-app-id"));
    }

    [Fact]
    public async Task An_app_may_be_named_as_the_password_of_basic_authentication()
    {
        var credentials = Convert.ToBase64String(Bytes("dapr-app-id:conf-a"));

        Assert.Equal("/echo/basic", Text((await B.GetAsync("/echo/basic", ("Authorization", $"Basic {credentials}"))).Is(200), "path"));
    }

    [Fact]
    public async Task Slashes_too_many_before_the_app_id_are_forgiven() =>
        Assert.Equal("/echo/x", Text((await B.GetAsync("//v1.0//invoke/conf-a/method/echo/x")).Is(200), "path"));

    [Fact]
    [Source("daprd:pkg/messaging/direct_messaging.go")]
    public async Task The_callee_is_told_who_calls_and_nobody_else_can_say_so()
    {
        var answer = (await B.GetAsync($"{ToA}/echo/x", ("dapr-caller-app-id", "somebody-else"), ("dapr-callee-app-id", "me"))).Is(200);

        Assert.Equal("conf-b", Header(answer, "dapr-caller-app-id"));
        Assert.Equal("conf-a", Header(answer, "dapr-callee-app-id"));
    }

    [Theory]
    [InlineData("x-forwarded-for"), InlineData("x-forwarded-host"), InlineData("forwarded")]
    [Source("daprd:pkg/messaging/direct_messaging.go")]
    public async Task Another_app_gets_the_forwarded_headers(string name) =>
        Assert.NotNull(Header((await B.GetAsync($"{ToA}/echo/x")).Is(200), name));

    [Fact]
    public async Task Headers_of_the_caller_arrive()
    {
        var answer = (await B.GetAsync($"{ToA}/echo/x", ("X-Mine", "one"), ("Authorization", "Bearer t"), ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"))).Is(200);

        Assert.Equal("one", Header(answer, "x-mine"));
        Assert.Equal("Bearer t", Header(answer, "authorization"));
    }

    [Fact]
    [Source("daprd:pkg/diagnostics/http_tracing.go")]
    public async Task A_trace_goes_on_in_a_span_of_the_sidecars()
    {
        const string parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

        var seen = Header((await B.GetAsync($"{ToA}/echo/x", ("traceparent", parent))).Is(200), "traceparent")!;

        Assert.StartsWith("00-0af7651916cd43dd8448eb211c80319c-", seen);
        Assert.NotEqual(parent, seen);
    }

    [Fact]
    [Source("daprd:pkg/diagnostics/http_tracing.go")]
    public async Task Without_a_trace_one_begins_and_the_answer_names_it()
    {
        var answer = (await B.GetAsync($"{ToA}/echo/x")).Is(200);

        Assert.Matches("^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$", Header(answer, "traceparent"));
        Assert.Equal(Header(answer, "traceparent")!.Split('-')[1], answer.Header("traceparent")!.Split('-')[1]);
    }

    [Theory]
    [InlineData(200), InlineData(201), InlineData(302), InlineData(400), InlineData(403), InlineData(404), InlineData(418), InlineData(500), InlineData(503)]
    public async Task A_status_comes_back_with_its_body(int status)
    {
        var answer = (await B.GetAsync($"{ToA}/status/{status}")).Is(status);

        Assert.Equal($"status {status}", answer.Body);
    }

    [Fact]
    public async Task An_empty_answer_comes_back_empty() => Assert.Equal("", (await B.GetAsync($"{ToA}/empty")).Is(204).Body);

    [Fact]
    public async Task Headers_of_the_answer_come_back()
    {
        var answer = (await B.GetAsync($"{ToA}/headers")).Is(200);

        Assert.Equal("seen", answer.Header("X-Answer"));
        Assert.Equal("a=b", answer.Header("Set-Cookie"));
    }

    [Fact]
    [Source("daprd:pkg/channel/http/http_channel.go")]
    public async Task The_length_of_an_answer_does_not_come_back() => Assert.Null((await B.GetAsync($"{ToA}/headers")).Is(200).Header("content-length"));

    [Fact]
    public async Task An_answer_that_streams_comes_back_whole() => Assert.Equal(26 * 5000, (await B.GetAsync($"{ToA}/stream/26/5000")).Is(200).Body.Length);

    [Theory]
    [InlineData(1_000_000), InlineData(4_000_000)]
    [Source("dapr-contract 6")]
    public async Task A_body_of_up_to_four_MiB_arrives(int size) =>
        Assert.Equal($"{size}", (await B.SendAsync("POST", $"{ToA}/length", new byte[size], "application/octet-stream")).Is(200).Body);

    [Fact]
    [Source("dapr-contract 6"), Source("daprd:pkg/api/http/middlewares.go")]
    public async Task A_body_above_it_does_not()
    {
        try
        {
            var answer = await B.SendAsync("POST", $"{ToA}/length", new byte[5_000_000], "application/octet-stream");
            Assert.NotEqual(200, answer.Status);
        }
        catch (HttpRequestException refused)
        {
            // Refused before all of it was sent, which the client may see as a broken connection.
            Assert.Null(refused.StatusCode);
        }
    }

    [Fact]
    public async Task A_body_of_unknown_length_streams_through()
    {
        using var content = new StreamContent(new UnseekableStream(300_000));

        Assert.Equal("300000", (await B.SendAsync("POST", $"{ToA}/length", content)).Is(200).Body);
    }

    [Fact]
    [Source("dapr-contract 5.8")]
    public async Task Instances_of_an_app_take_turns()
    {
        var ports = new HashSet<int>();
        for (var i = 0; i < 20; i++)
            ports.Add((await B.GetAsync($"{ToA}/echo/x")).Is(200).Json.GetProperty("port").GetInt32());

        Assert.Equal(new[] { A.Port, A2.Port }.Order(), ports.Order());
    }

    [Fact]
    public async Task An_app_may_call_itself() => Assert.Equal("conf-b", Text((await B.GetAsync("/v1.0/invoke/conf-b/method/echo/x")).Is(200), "appId"));

    [Fact]
    [Source("daprd:pkg/messages/predefined.go")]
    public async Task An_app_that_is_not_there_is_an_error() => (await B.GetAsync("/v1.0/invoke/conf-nobody/method/x")).Is(500, "ERR_DIRECT_INVOKE");

    [Theory]
    [InlineData("/v1.0/unheard-of"), InlineData("/v1.0/invoke/conf-a"), InlineData("/v1.0/invoke/method/x"), InlineData("/")]
    [Source("daprd:pkg/messages/predefined.go")]
    public async Task A_path_that_names_no_app_is_not_found(string path) => (await B.GetAsync(path)).Is(404, "ERR_DIRECT_INVOKE");

    [Fact]
    [Source("SDK:Dapr.Client.InvocationHandler")]
    public async Task The_SDKs_HTTP_client_reaches_the_app()
    {
        using var client = Dapr.Client.DaprClient.CreateInvokeHttpClient("conf-a", B.SidecarHttp);

        using var response = await client.GetAsync("/echo/sdk?x=1", Token);

        Assert.Equal("/echo/sdk", JsonElement.Parse(await response.Content.ReadAsStringAsync(Token)).GetProperty("path").GetString());
    }

    [Fact]
    public async Task An_absolute_URL_may_stand_for_the_app()
    {
        var url = Uri.EscapeDataString($"http://127.0.0.1:{A.Port}");

        Assert.Equal("/echo/x", Text((await B.GetAsync($"/v1.0/invoke/{url}/method/echo/x")).Is(200), "path"));
    }

    [Theory, InlineData("dapr-caller-app-id"), InlineData("dapr-callee-app-id"), InlineData("x-forwarded-for")]
    [Source("daprd:pkg/messaging/direct_messaging.go")]
    public async Task Neither_the_app_itself_nor_a_URL_is_told_who_calls(string name)
    {
        var url = Uri.EscapeDataString($"http://127.0.0.1:{A.Port}");

        Assert.Null(Header((await A.GetAsync($"{ToA}/echo/x")).Is(200), name));
        Assert.Null(Header((await B.GetAsync($"/v1.0/invoke/{url}/method/echo/x")).Is(200), name));
    }

    private static string? Text(Answer answer, string name) => answer.Json.GetProperty(name).GetString();

    private static string? Header(Answer answer, string name) =>
        answer.Json.GetProperty("headers").TryGetProperty(name, out var value) ? value.GetString() : null;

    private sealed class UnseekableStream(int length) : Stream
    {
        private int _left = length;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count)
        {
            var read = Math.Min(_left, Math.Min(count, 8192));
            Array.Clear(buffer, offset, read);
            _left -= read;
            return read;
        }

        public override void Flush() => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
