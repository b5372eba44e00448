using ImDapr.LocalDapr.Api;
using ImDapr.LocalDapr.Bindings;
using ImDapr.LocalDapr.Policies;

namespace ImDapr.UnitTests.LocalDapr.Bindings;

public sealed class BindingBlockTests
{
    [Theory]
    [InlineData("", "operation field is missing from request")]
    [InlineData("sing", "binding web does not support operation sing. supported operations:get fail hang")]
    public async Task An_error_names_the_binding_and_says_what_daprd_would(string operation, string why)
    {
        var error = await Assert.ThrowsAsync<DaprError>(() => InvokeAsync(operation));

        Assert.Equal(("ERR_INVOKE_OUTPUT_BINDING", 500, $"error invoking output binding web: {why}"), (error.Code, error.Http, error.Message));
    }

    [Fact]
    public async Task The_response_metadata_of_a_failed_call_are_kept()
    {
        var result = await InvokeAsync("fail");

        Assert.Equal("error invoking output binding web: received status code 500", result.Error!.Message);
        Assert.Equal("500", result.Metadata["statusCode"]);
    }

    [Fact]
    public async Task What_the_binding_returns_is_returned() => Assert.Equal(1, Assert.Single((await InvokeAsync("get")).Data!));

    [Fact]
    public async Task A_call_that_does_not_listen_is_left_alone_when_its_time_is_over()
    {
        var policy = new ResiliencyPolicy(null, TimeSpan.FromMilliseconds(10));

        var error = await Assert.ThrowsAsync<DaprError>(() => InvokeAsync("hang", policy).WaitAsync(TimeSpan.FromSeconds(20)));

        Assert.Equal("error invoking output binding web: context deadline exceeded", error.Message);
    }

    private static Task<BindingResult> InvokeAsync(string operation, ResiliencyPolicy? policy = null) => new BindingBlock("web", new StubBinding(), policy ?? ResiliencyPolicy.None, TimeProvider.System)
        .InvokeAsync(new BindingCall(operation, [], new Dictionary<string, string>()), CancellationToken.None);

    private sealed class StubBinding : IOutputBinding
    {
        public IReadOnlyList<string> Operations { get; } = ["get", "fail", "hang"];

        public Task InitAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task<BindingResult> InvokeAsync(BindingCall call, CancellationToken cancellationToken) => call.Operation switch
        {
            "get" => Task.FromResult(new BindingResult([1], call.Metadata)),
            "hang" => new TaskCompletionSource<BindingResult>().Task,
            _ => throw new BindingException("received status code 500", metadata: new Dictionary<string, string> { ["statusCode"] = "500" }),
        };

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
