using Grpc.Core;
using ImDapr.DaprConformance.Systems;

namespace ImDapr.DaprConformance.PubSub;

/// <summary>What is not published, and how the publisher learns of it.</summary>
public sealed class RefusalCases(ConformanceSystem system) : PubSubCases(system)
{
    [Theory]
    [InlineData("/v1.0/publish/nowhere/plain", 404, "ERR_PUBSUB_NOT_FOUND")]
    [InlineData("/v1.0/publish/pubsub/", 404, "ERR_DIRECT_INVOKE")] // the path is cleaned before it is looked up: no route is left for it
    [InlineData("/v1.0/publish/pubsub/plain?metadata.rawPayload=perhaps", 400, "ERR_PUBSUB_REQUEST_METADATA")]
    [InlineData("/v1.0/publish/pubsub-scoped/closed", 403, "ERR_PUBSUB_FORBIDDEN")]
    [InlineData("/v1.0/publish/pubsub-scoped/another", 403, "ERR_PUBSUB_FORBIDDEN")]
    [InlineData("/v1.0/publish/bulk/nowhere/plain", 404, "ERR_PUBSUB_NOT_FOUND")]
    [InlineData("/v1.0/publish/bulk/pubsub/plain", 400, "ERR_PUBSUB_EVENTS_SER")]
    [InlineData("/v1.0/publish/bulk/pubsub-scoped/closed?valid", 403, "ERR_PUBSUB_FORBIDDEN")]
    [Source("daprd:pkg/api/errors/pubsub.go"), Source("daprd:pkg/api/http/http.go")]
    public async Task A_publish_that_cannot_be_is_refused_over_HTTP(string path, int status, string code) =>
        (await B.SendAsync("POST", path, path.EndsWith("valid", StringComparison.Ordinal) ? """[{"entryId":"1","event":1,"contentType":"application/json"}]""" : "{}"))
            .Is(status, code);

    [Theory]
    [InlineData("nowhere", "plain", StatusCode.InvalidArgument)]
    [InlineData("pubsub-scoped", "closed", StatusCode.PermissionDenied)]
    [InlineData("pubsub-scoped", "another", StatusCode.PermissionDenied)]
    [Source("daprd:pkg/api/errors/pubsub.go"), Source("daprd:pkg/api/grpc/grpc.go")]
    public async Task A_publish_that_cannot_be_is_refused_over_gRPC(string pubSub, string topic, StatusCode code) =>
        await RefusedAsync(code, () => B.Dapr.PublishEventAsync(pubSub, topic, 1, Token));

    [Fact]
    [Source("daprd:pkg/api/grpc/grpc.go")]
    public async Task Metadata_that_cannot_be_read_are_refused_over_gRPC() => await RefusedAsync(
        StatusCode.InvalidArgument, () => B.Dapr.PublishEventAsync("pubsub", "plain", 1, new() { ["rawPayload"] = "perhaps" }, Token));

    [Theory]
    [InlineData("""[{"entryId":"1","event":1,"contentType":"application/json"},{"entryId":"1","event":2,"contentType":"application/json"}]""")]
    [InlineData("""[{"event":1,"contentType":"application/json"}]""")]
    [Source("daprd:pkg/api/http/http.go")]
    public async Task Entries_need_ids_of_their_own(string body) =>
        (await B.SendAsync("POST", "/v1.0/publish/bulk/pubsub/plain", body)).Is(400, "ERR_PUBSUB_EVENTS_SER");

    [Fact]
    [Source("daprd:pkg/runtime/pubsub/adapter.go"), Source("dapr-contract 3.3")]
    public async Task Scopes_decide_who_gets_a_topic()
    {
        var (open, closed) = (NewKey(), NewKey());

        await PublishAsync("pubsub-scoped", "open", Event(open));
        await PublishAsync("pubsub-scoped", "closed", Event(closed), from: A);

        await RecordedAsync("conf-b", open);
        await RecordedAsync("conf-a", closed);
        Assert.Empty(await RecordedInSilenceAsync("conf-b", closed));
    }
}
