using ImDapr.DaprConformance.Systems;

namespace ImDapr.DaprConformance.Invocation;

/// <summary>Calls of conf-b, for which resiliency.yaml has a timeout of 400 ms and three retries; and of an app that is not there.</summary>
public sealed class InvocationPolicyCases(ConformanceSystem system) : Cases(system)
{
    [Theory]
    [InlineData("200", 200, 1), InlineData("500,200", 200, 2), InlineData("500,503,404,200", 200, 4), InlineData("500", 500, 4), InlineData("404", 404, 4)]
    [InlineData("302", 302, 1), InlineData("slow:2000,200", 200, 2)]
    [Source("daprd:pkg/api/http/directmessaging.go"), Source("dapr-contract 6"), Source("dapr-contract 7.3")]
    public async Task With_a_policy_any_status_outside_200_to_399_and_a_timeout_is_tried_again(string answers, int status, int attempts)
    {
        var key = NewKey();

        (await A.GetAsync($"/v1.0/invoke/conf-b/method/scripted?key={key}&answers={answers}")).Is(status);

        Assert.Equal(attempts, (await RecordedAsync("conf-b", key, attempts)).Count);
    }

    [Fact]
    [Source("daprd:pkg/api/http/directmessaging.go")]
    public async Task After_the_last_retry_the_apps_own_answer_comes_back()
    {
        var answer = await A.GetAsync($"/v1.0/invoke/conf-b/method/scripted?key={NewKey()}&answers=503:sorry");

        Assert.Equal((503, "sorry"), (answer.Status, answer.Body));
        Assert.NotNull(answer.Header("X-Attempt"));
    }

    [Fact]
    [Source("daprd:pkg/resiliency/policy.go"), Source("daprd:pkg/messages/predefined.go")]
    public async Task When_every_attempt_takes_too_long_it_is_500()
    {
        var key = NewKey();

        (await A.GetAsync($"/v1.0/invoke/conf-b/method/scripted?key={key}&answers=slow:5000")).Is(500, "ERR_DIRECT_INVOKE");

        Assert.Equal(4, (await RecordedAsync("conf-b", key, 4)).Count);
    }

    [Fact]
    [Source("daprd:pkg/api/http/directmessaging.go")]
    public async Task A_body_of_unknown_length_is_not_sent_twice()
    {
        var key = NewKey();
        using var body = new StreamContent(new Unseekable(Bytes("streamed")));

        (await A.SendAsync("POST", $"/v1.0/invoke/conf-b/method/scripted?key={key}&answers=500,200", body)).Is(500);

        Assert.Equal("streamed", (await RecordedOnceAsync("conf-b", key)).Body);
    }

    [Fact]
    [Source("daprd:pkg/api/http/directmessaging.go")]
    public async Task A_body_of_known_length_is_sent_again_whole()
    {
        var key = NewKey();

        (await A.SendAsync("POST", $"/v1.0/invoke/conf-b/method/scripted?key={key}&answers=500,200", "\"whole\"")).Is(200);

        Assert.All(await RecordedAsync("conf-b", key, 2), record => Assert.Equal("\"whole\"", record.Body));
    }

    [Fact]
    [Source("daprd:pkg/resiliency/breaker/circuitbreaker.go"), Source("dapr-contract 7.3")]
    public async Task A_breaker_opens_after_failures_in_a_row()
    {
        var answer = await UntilAsync(() => A.GetAsync("/v1.0/invoke/conf-gone/method/x"), reply => reply.Body.Contains("circuit breaker is open", StringComparison.Ordinal));

        answer.Is(500, "ERR_DIRECT_INVOKE");
    }

    private sealed class Unseekable(byte[] bytes) : MemoryStream(bytes)
    {
        public override bool CanSeek => false;
    }
}
