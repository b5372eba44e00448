using Dapr.Client;
using Grpc.Core;
using ImDapr.DaprConformance.Systems;

namespace ImDapr.DaprConformance.Bindings;

/// <summary>The Redis binding; there is none without servers.</summary>
[Source("cc:bindings/redis/redis.go")]
public sealed class RedisCases(ConformanceSystem system) : Cases(system)
{
    [Fact]
    public async Task What_is_created_is_there_for_every_app()
    {
        RequireRedis();
        var key = NewKey();
        await InvokeAsync("create", key, "value");

        Assert.Equal("value", Text((await InvokeAsync("get", key)).Data.Span));
        Assert.Equal("value", Text((await B.Dapr.InvokeBindingAsync(Request("get", key), Token)).Data.Span));
    }

    [Fact]
    public async Task What_is_missing_is_empty()
    {
        RequireRedis();

        Assert.True((await InvokeAsync("get", NewKey())).Data.IsEmpty);
    }

    [Fact]
    public async Task What_is_deleted_is_gone()
    {
        RequireRedis();
        var key = NewKey();
        await InvokeAsync("create", key, "value");
        await InvokeAsync("delete", key);

        Assert.True((await InvokeAsync("get", key)).Data.IsEmpty);
    }

    [Fact]
    public async Task A_get_may_delete()
    {
        RequireRedis();
        var key = NewKey();
        await InvokeAsync("create", key, "value");
        var request = Request("get", key);
        request.Metadata["delete"] = "true";

        Assert.Equal("value", Text((await A.Dapr.InvokeBindingAsync(request, Token)).Data.Span));
        Assert.True((await InvokeAsync("get", key)).Data.IsEmpty);
    }

    [Fact]
    [Source("dapr-contract 0")]
    public async Task An_increment_does_not_tell_the_number()
    {
        RequireRedis();
        var key = NewKey();

        Assert.True((await InvokeAsync("increment", key)).Data.IsEmpty);
        await InvokeAsync("increment", key);

        Assert.Equal("2", Text((await InvokeAsync("get", key)).Data.Span));
    }

    [Fact]
    public async Task A_time_to_live_ends_a_value()
    {
        RequireRedis();
        var request = Request("create", NewKey());
        request.Metadata["ttlInSeconds"] = "1";
        await A.Dapr.InvokeBindingAsync(request, Token);

        await UntilAsync(async () => (await InvokeAsync("get", request.Metadata["key"])).Data.Length, length => length == 0);
    }

    [Theory]
    [InlineData("create"), InlineData("get"), InlineData("delete"), InlineData("increment")]
    public async Task A_key_is_required(string operation)
    {
        RequireRedis();

        await RefusedAsync(StatusCode.Internal, () => A.Dapr.InvokeBindingAsync(new BindingRequest("cache", operation), Token));
    }

    private void RequireRedis() => Assert.SkipUnless(System.Has("cache"), "there is no Redis");

    private static BindingRequest Request(string operation, string key, string? data = null) =>
        new("cache", operation) { Data = data is null ? default : Bytes(data), Metadata = { ["key"] = key } };

    private Task<BindingResponse> InvokeAsync(string operation, string key, string? data = null) => A.Dapr.InvokeBindingAsync(Request(operation, key, data), Token);
}
