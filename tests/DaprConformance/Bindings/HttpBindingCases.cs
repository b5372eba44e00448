using System.Text.Json;
using Dapr.Client;
using Grpc.Core;
using ImDapr.DaprConformance.Systems;

namespace ImDapr.DaprConformance.Bindings;

/// <summary>bindings.http, which leads to the first instance of conf-a, and the policies of an output binding.</summary>
public sealed class HttpBindingCases(ConformanceSystem system) : Cases(system)
{
    [Theory]
    [InlineData("create", "POST"), InlineData("post", "POST"), InlineData("put", "PUT"), InlineData("patch", "PATCH"), InlineData("get", "GET"), InlineData("delete", "DELETE")]
    [InlineData("options", "OPTIONS")]
    [Source("cc:bindings/http/http.go"), Source("dapr-contract 4.4")]
    public async Task An_operation_is_a_verb(string operation, string verb)
    {
        var response = await InvokeAsync("web", operation, "/echo/x", "\"body\"");

        var echo = JsonElement.Parse(response.Data.Span);
        Assert.Equal((verb, "/echo/x"), (echo.GetProperty("method").GetString(), echo.GetProperty("path").GetString()));
        // Only these have a body.
        Assert.Equal(verb is "POST" or "PUT" or "PATCH" ? "\"body\"" : "", echo.GetProperty("body").GetString());
    }

    [Fact]
    [Source("cc:bindings/http/http.go")]
    public async Task The_answers_status_and_headers_are_metadata()
    {
        var response = await InvokeAsync("web", "get", "/headers");

        Assert.Equal(("200", "200 OK"), (response.Metadata["statusCode"], response.Metadata["status"]));
        Assert.Equal("seen", response.Metadata["X-Answer"]);
        Assert.Equal("headers", Text(response.Data.Span));
    }

    [Fact]
    [Source("cc:bindings/http/http.go")]
    public async Task Metadata_with_a_capital_are_headers_and_the_content_type_is_JSON_by_default()
    {
        var response = await InvokeAsync("web", "post", "/echo/x", "1", ("X-Mine", "yes"), ("lower", "no"));

        var headers = JsonElement.Parse(response.Data.Span).GetProperty("headers");
        Assert.Equal("yes", headers.GetProperty("x-mine").GetString());
        Assert.False(headers.TryGetProperty("lower", out _));
        Assert.Equal("application/json; charset=utf-8", headers.GetProperty("content-type").GetString());
    }

    [Theory, InlineData(404), InlineData(500), InlineData(302)]
    [Source("cc:bindings/http/http.go")]
    public async Task Another_status_than_2xx_is_an_error(int status)
    {
        var error = await RefusedAsync(StatusCode.Internal, () => InvokeAsync("web", "get", $"/status/{status}"));

        Assert.Contains($"received status code {status}", error.Status.Detail, StringComparison.Ordinal);
    }

    [Theory, InlineData("web-lenient", ""), InlineData("web", "false")]
    [Source("cc:bindings/http/http.go")]
    public async Task Unless_the_component_or_the_request_says_that_it_is_none(string binding, string flag)
    {
        var response = await InvokeAsync(binding, "get", "/status/409", metadata: flag == "" ? [] : [("errorIfNot2XX", flag)]);

        Assert.Equal(("409", "status 409"), (response.Metadata["statusCode"], Text(response.Data.Span)));
    }

    [Fact]
    [Source("daprd:pkg/api/http/http.go"), Source("cc:bindings/http/http.go")]
    public async Task Over_HTTP_metadata_come_even_with_an_error()
    {
        var answer = (await A.SendAsync("POST", "/v1.0/bindings/web", new { operation = "get", metadata = new { path = "/status/409" } })).Is(500, "ERR_INVOKE_OUTPUT_BINDING");

        Assert.Equal("409", answer.Header("metadata.statusCode"));
    }

    [Fact]
    [Source("cc:bindings/http/http.go")]
    public async Task An_unknown_operation_is_an_error() => await RefusedAsync(StatusCode.Internal, () => InvokeAsync("web", "fetch", "/echo/x"));

    [Theory, InlineData("500,500,200", 3, true), InlineData("500", 4, false), InlineData("200", 1, true)]
    [Source("daprd:pkg/resiliency/policy.go"), Source("dapr-contract 7.3")]
    public async Task A_retry_policy_calls_a_binding_again(string answers, int attempts, bool succeeds)
    {
        var key = NewKey();

        var call = () => InvokeAsync("web-retried", "get", $"/scripted?key={key}&answers={answers}");
        if (succeeds)
            await call();
        else
            await RefusedAsync(StatusCode.Internal, call);

        Assert.Equal(attempts, (await RecordedAsync("conf-a", key, attempts)).Count);
    }

    [Fact]
    [Source("daprd:pkg/resiliency/policy.go"), Source("dapr-contract 7.3")]
    public async Task A_timeout_ends_a_call()
    {
        var error = await RefusedAsync(StatusCode.Internal, () => InvokeAsync("web-hasty", "get", $"/scripted?key={NewKey()}&answers=slow:5000"));

        Assert.Contains("error invoking output binding web-hasty", error.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    [Source("daprd:pkg/resiliency/breaker/circuitbreaker.go"), Source("dapr-contract 7.3")]
    public async Task A_breaker_opens_after_three_failures_and_lets_a_call_through_after_its_time()
    {
        var key = NewKey();
        for (var i = 0; i < 3; i++)
            await RefusedAsync(StatusCode.Internal, () => InvokeAsync("web-tripped", "get", $"/scripted?key={key}&answers=500"));

        var open = await RefusedAsync(StatusCode.Internal, () => InvokeAsync("web-tripped", "get", $"/scripted?key={key}&answers=200"));
        Assert.Contains("circuit breaker is open", open.Status.Detail, StringComparison.Ordinal);
        Assert.Equal(3, (await RecordedInSilenceAsync("conf-a", key, 4)).Count);

        await UntilAsync(
            async () =>
            {
                try
                {
                    return (await InvokeAsync("web-tripped", "get", "/echo/x")).Metadata["statusCode"];
                }
                catch (Dapr.DaprException)
                {
                    return "open";
                }
            },
            status => status == "200");
    }

    private Task<BindingResponse> InvokeAsync(string binding, string operation, string path, string data = "", params (string Name, string Value)[] metadata)
    {
        var request = new BindingRequest(binding, operation) { Metadata = { ["path"] = path }, Data = Bytes(data) };
        foreach (var (name, value) in metadata)
            request.Metadata[name] = value;
        return A.Dapr.InvokeBindingAsync(request, Token);
    }
}
