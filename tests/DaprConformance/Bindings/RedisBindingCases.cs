using Dapr.Client;
using Grpc.Core;
using ImDapr.DaprConformance.Systems;

namespace ImDapr.DaprConformance.Bindings;

/// <summary>bindings.redis; there is none on the embedded stack.</summary>
public sealed class RedisBindingCases(ConformanceSystem system) : Cases(system)
{
    private const string Reason = "there is no bindings.redis on this stack";

    [Fact]
    [Source("cc:bindings/redis/redis.go"), Source("dapr-contract 4.3")]
    public async Task A_value_is_created_read_and_deleted()
    {
        Assert.SkipUnless(System.Has("cache"), Reason);
        var key = NewKey();

        Assert.True((await InvokeAsync("create", key, "value")).Data.IsEmpty);
        Assert.Equal("value", Text((await InvokeAsync("get", key)).Data.Span));
        Assert.True((await InvokeAsync("delete", key)).Data.IsEmpty);
        Assert.True((await InvokeAsync("get", key)).Data.IsEmpty);
    }

    [Fact]
    [Source("cc:bindings/redis/redis.go"), Source("dapr-contract 0.2")]
    public async Task An_increment_returns_nothing()
    {
        Assert.SkipUnless(System.Has("cache"), Reason);
        var key = NewKey();

        Assert.True((await InvokeAsync("increment", key)).Data.IsEmpty);
        await InvokeAsync("increment", key);

        Assert.Equal("2", Text((await InvokeAsync("get", key)).Data.Span));
    }

    [Fact]
    [Source("cc:bindings/redis/redis.go")]
    public async Task A_get_may_delete()
    {
        Assert.SkipUnless(System.Has("cache"), Reason);
        var key = NewKey();
        await InvokeAsync("create", key, "once");

        Assert.Equal("once", Text((await InvokeAsync("get", key, metadata: ("delete", "true"))).Data.Span));
        Assert.True((await InvokeAsync("get", key)).Data.IsEmpty);
    }

    [Theory, InlineData("create"), InlineData("increment")]
    [Source("cc:bindings/redis/redis.go")]
    public async Task A_value_may_have_a_time_to_live(string operation)
    {
        Assert.SkipUnless(System.Has("cache"), Reason);
        var key = NewKey();

        await InvokeAsync(operation, key, "1", ("ttlInSeconds", "1"));

        await UntilAsync(() => InvokeAsync("get", key), response => response.Data.IsEmpty);
    }

    [Theory, InlineData("create"), InlineData("get"), InlineData("delete"), InlineData("increment"), InlineData("list")]
    [Source("cc:bindings/redis/redis.go")]
    public async Task Without_a_key_or_with_another_operation_it_fails(string operation)
    {
        Assert.SkipUnless(System.Has("cache"), Reason);

        await RefusedAsync(StatusCode.Internal, () => A.Dapr.InvokeBindingAsync(new BindingRequest("cache", operation), Token));
    }

    [Fact]
    [Source("cc:bindings/redis/redis.go"), Source("dapr-contract 4.3")]
    public async Task Keys_are_nobodys_own()
    {
        Assert.SkipUnless(System.Has("cache"), Reason);
        var key = NewKey();
        await InvokeAsync("create", key, "shared");

        var request = new BindingRequest("cache", "get") { Metadata = { ["key"] = key } };
        Assert.Equal("shared", Text((await B.Dapr.InvokeBindingAsync(request, Token)).Data.Span));
    }

    private Task<BindingResponse> InvokeAsync(string operation, string key, string data = "", (string Name, string Value) metadata = default)
    {
        var request = new BindingRequest("cache", operation) { Metadata = { ["key"] = key }, Data = Bytes(data) };
        if (metadata.Name is not null)
            request.Metadata[metadata.Name] = metadata.Value;
        return A.Dapr.InvokeBindingAsync(request, Token);
    }
}
