using ImDapr.DaprConformance.Systems;

namespace ImDapr.DaprConformance.Invocation;

/// <summary>What goes on to the callee and what stays behind; conf-b calls conf-a, for which there is no policy.</summary>
public sealed class ForwardingCases(ConformanceSystem system) : Cases(system)
{
    private const string Method = "/v1.0/invoke/conf-a/method";

    [Fact]
    [Source("daprd:pkg/api/http/directmessaging.go")]
    public async Task A_HEAD_has_a_status_and_no_body()
    {
        var answer = await B.SendAsync("HEAD", $"{Method}/echo/x");

        Assert.Equal((200, ""), (answer.Status, answer.Body));
    }

    [Theory, InlineData("Keep-Alive", "timeout=5"), InlineData("TE", "trailers"), InlineData("Proxy-Authorization", "Basic eA=="), InlineData("X-Nominated", "1")]
    [Source("daprd:pkg/messaging/v1/util.go")]
    public async Task Headers_of_one_hop_stay_behind(string name, string value)
    {
        (string, string)[] headers = name == "X-Nominated" ? [(name, value), ("Connection", name)] : [(name, value)];

        var seen = (await B.GetAsync($"{Method}/echo/x", headers)).Is(200).Json.GetProperty("headers");

        Assert.False(seen.TryGetProperty(name.ToLowerInvariant(), out var passed), $"{passed}");
    }

    [Theory]
    [InlineData("/echo/a%20b", "/echo/a%20b"), InlineData("/echo/a%2Fb", "/echo/a/b"), InlineData("/echo/%C3%A4", "/echo/%C3%A4")]
    [InlineData("/echo//x", "/echo/x"), InlineData("/echo/x/", "/echo/x"), InlineData("/echo/y/../x", "/echo/x"), InlineData("/echo/./x", "/echo/x")]
    [InlineData("/../../echo/x", "/echo/x"), InlineData("/echo/y%2F..%2Fx", "/echo/x")]
    [Source("daprd:pkg/api/http/directmessaging.go"), Source("daprd:pkg/channel/http/http_channel.go")]
    public async Task A_path_is_decoded_and_cleaned(string sent, string seen) =>
        Assert.Equal(seen, Text((await B.GetAsync($"{Method}{sent}")).Is(200).Json, "path"));

    [Theory, InlineData("/echo/a%3Fb"), InlineData("/echo/a%23b"), InlineData("/echo/a%0Ab"), InlineData("/echo/a%7Fb")]
    [Source("daprd:pkg/messaging/direct_messaging.go"), Source("daprd:pkg/messaging/method/normalize.go")]
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

    [Theory, InlineData(10, 10), InlineData(50, 1024), InlineData(6, 1024 * 1024)]
    [Source("daprd:pkg/api/http/directmessaging.go")]
    public async Task An_answer_may_be_a_stream_of_any_length(int chunks, int size) =>
        Assert.Equal(chunks * size, (await B.GetAsync($"{Method}/stream/{chunks}/{size}")).Is(200).Body.Length);

    [Fact]
    [Source("SDK:Dapr.Client.DaprClientGrpc"), Source("dapr-contract 1.2")]
    public async Task The_SDK_throws_on_any_other_status_than_success()
    {
        using var client = B.Dapr.CreateInvokableHttpClient("conf-a");

        await Assert.ThrowsAsync<HttpRequestException>(() => client.GetStringAsync(new Uri("/status/500", UriKind.Relative), Token));
        Assert.Equal("status 202", await client.GetStringAsync(new Uri("/status/202", UriKind.Relative), Token));
    }

    private static string Text(System.Text.Json.JsonElement json, string name) => json.GetProperty(name).GetString()!;
}
