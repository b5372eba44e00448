using Dapr.Client;
using Grpc.Core;
using ImDapr.DaprConformance.Systems;

namespace ImDapr.DaprConformance.Bindings;

/// <summary>The HTTP binding, which leads to the first instance of conf-a.</summary>
[Source("cc:bindings/http/http.go")]
public sealed class HttpCases(ConformanceSystem system) : Cases(system)
{
    [Theory]
    [InlineData("create", "POST"), InlineData("get", "GET"), InlineData("post", "POST"), InlineData("put", "PUT"), InlineData("patch", "PATCH"), InlineData("delete", "DELETE")]
    public async Task An_operation_is_a_verb(string operation, string verb)
    {
        var key = NewKey();

        await InvokeAsync("web", operation, $"/echo/{key}");

        Assert.Equal(verb, (await RecordedOnceAsync("conf-a", key)).Method);
    }

    [Fact]
    public async Task Data_are_the_body_where_a_verb_has_one()
    {
        var key = NewKey();

        await InvokeAsync("web", "post", $"/echo/{key}", "the body");
        Assert.Equal("the body", (await RecordedAsync("conf-a", key))[0].Body);
    }

    [Fact]
    public async Task Metadata_with_a_capital_are_headers_and_others_are_not()
    {
        var key = NewKey();

        await A.Dapr.InvokeBindingAsync(
            new BindingRequest("web", "get") { Metadata = { ["path"] = $"/echo/{key}", ["X-Mine"] = "yes", ["x-not-mine"] = "no" } }, Token);

        var headers = (await RecordedAsync("conf-a", key))[0].Headers;
        Assert.Equal("yes", headers["x-mine"]);
        Assert.DoesNotContain("x-not-mine", headers.Keys);
    }

    [Fact]
    public async Task Status_and_headers_are_metadata_of_the_answer()
    {
        var response = await InvokeAsync("web", "get", "/headers");

        Assert.Equal("200", response.Metadata["statusCode"]);
        Assert.Equal("seen", response.Metadata["X-Answer"]);
        Assert.Equal("headers", Text(response.Data.Span));
    }

    [Theory]
    [InlineData(400), InlineData(404), InlineData(500)]
    public async Task A_refusal_is_an_error(int status)
    {
        var error = await RefusedAsync(StatusCode.Internal, () => InvokeAsync("web", "get", $"/status/{status}"));

        Assert.Contains($"received status code {status}", error.Status.Detail);
    }

    [Theory]
    [InlineData(400), InlineData(503)]
    public async Task A_refusal_is_an_answer_where_the_component_says_so(int status)
    {
        var response = await InvokeAsync("web-lenient", "get", $"/status/{status}");

        Assert.Equal(($"{status}", $"status {status}"), (response.Metadata["statusCode"], Text(response.Data.Span)));
    }

    [Fact]
    [Source("daprd:pkg/api/http/http.go")]
    public async Task Over_HTTP_data_go_out_as_JSON()
    {
        var key = NewKey();

        (await A.SendAsync("POST", "/v1.0/bindings/web", $$"""{"operation":"post","data":{"n":9007199254740993},"metadata":{"path":"/echo/{{key}}"} }""")).Is(200);

        Assert.Equal("""{"n":9007199254740992}""", (await RecordedAsync("conf-a", key))[0].Body);
    }

    [Fact]
    [Source("daprd:pkg/api/grpc/grpc.go")]
    public async Task The_trace_goes_on()
    {
        var key = NewKey();

        (await A.SendAsync(
            "POST", "/v1.0/bindings/web", new { operation = "get", metadata = new { path = $"/echo/{key}" } }, null,
            ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"))).Is(200);

        Assert.StartsWith("00-0af7651916cd43dd8448eb211c80319c-", (await RecordedAsync("conf-a", key))[0].Headers["traceparent"]);
    }

    [Theory]
    [InlineData("500,500,200", 3), InlineData("500", 4)]
    [Source("daprd:pkg/resiliency/policy.go"), Source("dapr-contract 7.3")]
    public async Task A_retry_policy_calls_again(string answers, int calls)
    {
        var key = NewKey();
        var invocation = InvokeAsync("web-retried", "get", $"/scripted?key={key}&answers={answers}");
        if (calls == 4)
            await RefusedAsync(StatusCode.Internal, () => invocation);
        else
            await invocation;

        Assert.Equal(calls, (await RecordedInSilenceAsync("conf-a", key, calls + 1)).Count);
    }

    [Fact]
    [Source("daprd:pkg/resiliency/policy.go")]
    public async Task A_timeout_policy_does_not_wait()
    {
        var error = await RefusedAsync(StatusCode.Internal, () => InvokeAsync("web-hasty", "get", $"/scripted?key={NewKey()}&answers=slow:3000"));

        Assert.Contains("context deadline exceeded", error.Status.Detail);
    }

    [Fact]
    [Source("daprd:pkg/resiliency/breaker/circuitbreaker.go")]
    public async Task A_circuit_breaker_opens_and_closes_again()
    {
        for (var i = 0; i < 3; i++)
            await RefusedAsync(StatusCode.Internal, () => InvokeAsync("web-tripped", "get", "/status/500"));

        var open = await RefusedAsync(StatusCode.Internal, () => InvokeAsync("web-tripped", "get", "/status/200"));

        Assert.Contains("circuit breaker is open", open.Status.Detail);
        await UntilAsync(
            async () => (await A.SendAsync("POST", "/v1.0/bindings/web-tripped", new { operation = "get", metadata = new { path = "/status/200" } })).Status,
            status => status == 200);
    }

    private Task<BindingResponse> InvokeAsync(string binding, string operation, string path, string? data = null) => A.Dapr.InvokeBindingAsync(
        new BindingRequest(binding, operation) { Data = data is null ? default : Bytes(data), Metadata = { ["path"] = path } }, Token);
}
