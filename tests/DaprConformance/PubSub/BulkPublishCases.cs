using System.Text.Json;
using Grpc.Core;
using ImDapr.DaprConformance.Systems;

namespace ImDapr.DaprConformance.PubSub;

/// <summary>Many events in one call.</summary>
public sealed class BulkPublishCases(ConformanceSystem system) : PubSubCases(system)
{
    [Fact]
    [Source("daprd:pkg/api/grpc/grpc.go"), Source("daprd:pkg/runtime/pubsub/default_bulkpub.go")]
    public async Task Every_entry_of_the_SDK_is_an_event()
    {
        var key = NewKey();

        var result = await B.Dapr.BulkPublishEventAsync("pubsub", "plain", Enumerable.Range(0, 20).Select(n => new { key, n }).ToList(), cancellationToken: Token);

        Assert.Empty(result.FailedEntries);
        var records = await RecordedAsync("conf-b", key, 20);
        Assert.Equal(Enumerable.Range(0, 20), records.Select(record => record.Json.GetProperty("data").GetProperty("n").GetInt32()).Order());
        Assert.Equal(20, records.Select(record => record.Json.GetProperty("id").GetString()).Distinct().Count());
    }

    [Theory, InlineData("v1.0"), InlineData("v1.0-alpha1")]
    [Source("daprd:pkg/api/http/http.go")]
    public async Task Over_HTTP_entries_have_their_own_content_types(string version)
    {
        var (json, text, bytes) = (NewKey(), NewKey(), NewKey());
        object[] entries =
        [
            new { entryId = "1", @event = Event(json), contentType = "application/json" },
            new { entryId = "2", @event = $"words {text}", contentType = "text/plain" },
            new { entryId = "3", @event = Convert.ToBase64String(Bytes($"bytes of the third entry {bytes}")), contentType = "application/octet-stream" },
        ];

        (await B.SendAsync("POST", $"/{version}/publish/bulk/pubsub/plain", entries)).Is(204);

        Assert.Equal(JsonValueKind.Object, (await DataAsync(json)).GetProperty("data").ValueKind);
        Assert.Equal($"words {text}", (await DataAsync(text)).GetProperty("data").GetString());
        Assert.Equal($"bytes of the third entry {bytes}", Text((await DataAsync(bytes)).GetProperty("data_base64").GetBytesFromBase64()));
    }

    [Fact]
    [Source("daprd:pkg/api/http/http.go"), Source("daprd:utils/utils.go")]
    public async Task Metadata_of_an_entry_win_over_those_of_the_request_and_one_without_any_gets_none()
    {
        var (own, none) = (NewKey(), NewKey());
        object[] entries =
        [
            new { entryId = "1", @event = Event(own), contentType = "application/json", metadata = new Dictionary<string, string> { ["cloudevent.type"] = "entry" } },
            new { entryId = "2", @event = Event(none), contentType = "application/json" },
        ];

        (await B.SendAsync("POST", "/v1.0/publish/bulk/pubsub/plain?metadata.cloudevent.type=request&metadata.cloudevent.source=request", entries)).Is(204);

        Assert.Equal(("entry", "request"), ((await DataAsync(own)).GetProperty("type").GetString(), (await DataAsync(own)).GetProperty("source").GetString()));
        Assert.Equal(("com.dapr.event.sent", "conf-b"), ((await DataAsync(none)).GetProperty("type").GetString(), (await DataAsync(none)).GetProperty("source").GetString()));
    }

    [Fact]
    [Source("daprd:pkg/api/errors/pubsub.go")]
    public async Task An_unknown_component_refuses_a_bulk_over_gRPC() =>
        await RefusedAsync(StatusCode.InvalidArgument, () => B.Dapr.BulkPublishEventAsync("nowhere", "plain", [1, 2], cancellationToken: Token));

    [Fact]
    [Source("daprd:pkg/api/http/http.go")]
    public async Task A_bulk_of_nothing_is_published() => (await B.SendAsync("POST", "/v1.0/publish/bulk/pubsub/plain", "[]")).Is(204);

    private async Task<JsonElement> DataAsync(string key) => (await RecordedAsync("conf-b", key))[0].Json;
}
