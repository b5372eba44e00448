using System.Text.Json;
using ImDapr.DaprConformance.Systems;

namespace ImDapr.DaprConformance.PubSub;

/// <summary>Payloads without an envelope, and subscribers that want none.</summary>
public sealed class RawCases(ConformanceSystem system) : PubSubCases(system)
{
    [Fact]
    [Source("daprd:pkg/runtime/subscription/subscription.go"), Source("cc:pubsub/envelope.go")]
    public async Task A_raw_subscriber_gets_raw_bytes_in_base64()
    {
        var key = NewKey();
        var body = JsonSerializer.Serialize(Event(key));
        await PublishAsync(B, "pubsub", "raw", body, "application/json", new() { ["rawPayload"] = "true" });

        var envelope = (await RecordedAsync("conf-b", key))[0].Json;

        Assert.Equal(body, Text(envelope.GetProperty("data_base64").GetBytesFromBase64()));
        Assert.Equal(("application/octet-stream", "Dapr", "com.dapr.event.sent"), (Text(envelope, "datacontenttype"), Text(envelope, "source"), Text(envelope, "type")));
        Assert.Equal(("raw", "pubsub"), (Text(envelope, "topic"), Text(envelope, "pubsubname")));
        Assert.False(envelope.TryGetProperty("time", out _));
    }

    [Fact]
    [Source("daprd:pkg/runtime/subscription/subscription.go")]
    public async Task A_raw_subscriber_gets_an_envelope_as_bytes_too()
    {
        var key = NewKey();
        await PublishAsync("pubsub", "raw", Event(key));

        var inner = JsonElement.Parse((await RecordedAsync("conf-b", key))[0].Json.GetProperty("data_base64").GetBytesFromBase64());

        Assert.Equal(("conf-b", key), (Text(inner, "source"), inner.GetProperty("data").GetProperty("key").GetString()));
    }

    [Fact]
    [Source("daprd:pkg/runtime/subscription/subscription.go")]
    public async Task Raw_JSON_is_taken_for_an_envelope_by_a_subscriber_that_is_not_raw()
    {
        var key = NewKey();
        var body = $$"""{"key":"{{key}}","odd":true}""";
        await PublishAsync(B, "pubsub", "plain", body, "application/json", new() { ["rawPayload"] = "true" });

        Assert.Equal(body, (await RecordedAsync("conf-b", key))[0].Body);
    }

    [Fact]
    [Source("daprd:pkg/runtime/subscription/subscription.go")]
    public async Task A_poison_message_reaches_nobody_and_does_not_hold_up_those_behind_it()
    {
        var (broken, next) = (NewKey(), NewKey());
        await PublishAsync(B, "pubsub", "plain", $"no json {broken}", "text/plain", new() { ["rawPayload"] = "true" });
        await PublishAsync("pubsub", "plain", Event(next));

        await RecordedAsync("conf-b", next);
        Assert.Empty(await RecordedInSilenceAsync("conf-b", broken));
    }

    private static string Text(JsonElement envelope, string field) => envelope.GetProperty(field).GetString()!;
}
