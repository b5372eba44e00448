using System.Text.Json;
using ImDapr.DaprConformance.Systems;

namespace ImDapr.DaprConformance.PubSub;

/// <summary>Events delivered in batches.</summary>
public sealed class BulkSubscribeCases(ConformanceSystem system) : PubSubCases(system)
{
    [Fact]
    [Source("daprd:pkg/runtime/subscription/bulksubscription.go"), Source("dapr-contract 3.5")]
    public async Task A_batch_has_an_envelope_of_its_own()
    {
        var key = NewKey();

        await PublishAsync("pubsub", "bulk", Event(key));

        var record = (await RecordedAsync("conf-b", key))[0];
        Assert.StartsWith("application/json", record.Header("content-type"));
        var batch = record.Json;
        Assert.Equal("com.dapr.event.sent.bulk", batch.GetProperty("type").GetString());
        Assert.Equal(("bulk", "pubsub"), (batch.GetProperty("topic").GetString(), batch.GetProperty("pubsubname").GetString()));
        Assert.True(Guid.TryParse(batch.GetProperty("id").GetString(), out _));
        var entry = Assert.Single(Entries(record, key));
        Assert.NotEmpty(entry.GetProperty("entryId").GetString()!);
        Assert.Equal("application/cloudevents+json", entry.GetProperty("contentType").GetString());
        Assert.Equal(("conf-b", key), (entry.GetProperty("event").GetProperty("source").GetString(), entry.GetProperty("event").GetProperty("data").GetProperty("key").GetString()));
    }

    [Fact]
    [Source("daprd:pkg/runtime/subscription/bulksubscription.go"), Source("daprd:pkg/runtime/pubsub/default_bulksub.go")]
    public async Task No_batch_is_larger_than_the_subscription_says()
    {
        var key = NewKey();

        await Task.WhenAll(Enumerable.Range(0, 12).Select(n => PublishAsync("pubsub", "bulk", new { key, id = n, answers = new[] { "SUCCESS" } })));

        var batches = await UntilAsync(() => RecordedAsync("conf-b", key), records => records.Sum(record => Entries(record, key).Count) == 12);
        Assert.All(batches, batch => Assert.InRange(batch.Json.GetProperty("entries").GetArrayLength(), 1, 5));
        Assert.Contains(batches, batch => Entries(batch, key).Count > 1);
    }

    [Fact]
    [Source("daprd:pkg/runtime/pubsub/default_bulksub.go")]
    public async Task A_batch_waits_for_more_until_its_time_is_over()
    {
        var key = NewKey();
        await PublishAsync("pubsub", "bulk-waiting", Event(key));
        Assert.Empty(await B.RecordedAsync(key, 1, TimeSpan.FromMilliseconds(300)));

        await PublishAsync("pubsub", "bulk-waiting", Event(key));

        var batch = (await RecordedAsync("conf-b", key))[0];
        Assert.Equal(2, Entries(batch, key).Count);
    }

    [Fact]
    [Source("daprd:pkg/runtime/subscription/bulksubscription.go"), Source("dapr-contract 3.5")]
    public async Task Raw_entries_are_in_base64()
    {
        var key = NewKey();
        var body = JsonSerializer.Serialize(Event(key));
        await PublishAsync(B, "pubsub", "bulk-raw", body, "application/json", new() { ["rawPayload"] = "true" });

        var entry = Assert.Single((await RecordedAsync("conf-b", key))[0].Json.GetProperty("entries").EnumerateArray(), item => item.GetRawText().Contains("event", StringComparison.Ordinal));

        Assert.Equal(JsonValueKind.String, entry.GetProperty("event").ValueKind);
        Assert.Equal(body, Text(entry.GetProperty("event").GetBytesFromBase64()));
        Assert.Equal("application/octet-stream", entry.GetProperty("contentType").GetString());
    }

    [Theory]
    [InlineData("SUCCESS", 1, false), InlineData("DROP", 1, true), InlineData("RETRY", 4, true), InlineData("", 4, true), InlineData("WHAT", 4, true)]
    [InlineData("none", 4, true), InlineData("RETRY,SUCCESS", 2, false), InlineData("all:garbage", 4, true), InlineData("all:empty", 4, true)]
    [InlineData("all:500", 4, true), InlineData("all:404", 1, false)]
    [Source("daprd:pkg/runtime/subscription/postman/http/http.go"), Source("dapr-contract 3.5")]
    public async Task The_status_of_an_entry_decides_what_becomes_of_it(string answers, int attempts, bool isDead)
    {
        var key = NewKey();

        await PublishAsync("pubsub-retry", "bulk-retried", Event(key, answers.Split(',')));

        await RecordedAsync("conf-b", key, attempts, On("bulk-retried"));
        var dead = await RecordedInSilenceAsync("conf-b", key, attempts + 3, On("retried-dead-letters"));
        Assert.Equal(attempts, (await RecordedAsync("conf-b", key, attempts, On("bulk-retried"))).Count);
        Assert.Equal(isDead ? 2 : 0, dead.Count);
    }

    [Fact]
    [Source("daprd:pkg/runtime/subscription/bulkresiliency.go"), Source("dapr-contract 3.5")]
    public async Task Only_what_failed_is_in_the_next_attempt()
    {
        var key = NewKey();
        object[] events =
        [
            new { key, id = "good", answers = new[] { "SUCCESS" } }, new { key, id = "bad", answers = new[] { "RETRY", "SUCCESS" } }, new { key, id = "dropped", answers = new[] { "DROP" } },
        ];

        await Task.WhenAll(events.Select(data => PublishAsync("pubsub-retry", "bulk-retried", data)));

        var records = await UntilAsync(() => RecordedAsync("conf-b", key, 1, On("bulk-retried")), all => all.Sum(record => Entries(record, key).Count) >= 4);
        Assert.Equal(["bad", "bad", "dropped", "good"], records.SelectMany(record => Entries(record, key)).Select(Id).Order());
    }

    [Fact]
    [Source("cc:pubsub/redis/redis.go"), Source("dapr-contract 0.1")]
    public async Task Without_a_policy_a_batch_is_delivered_once()
    {
        var key = NewKey();

        await PublishAsync("pubsub", "bulk", Event(key, "RETRY"));

        await RecordedOnceAsync("conf-b", key);
    }

    [Fact]
    [Source("daprd:pkg/apis/subscriptions/v2alpha1/types.go")]
    public async Task A_declared_subscription_may_ask_for_batches()
    {
        var key = NewKey();

        await Task.WhenAll(Enumerable.Range(0, 7).Select(n => PublishAsync("pubsub", "declared-bulk", new { key, id = n, answers = new[] { "SUCCESS" } })));

        var batches = await UntilAsync(() => RecordedAsync("conf-a", key), records => records.Sum(record => Entries(record, key).Count) == 7);
        Assert.All(batches, batch => Assert.InRange(batch.Json.GetProperty("entries").GetArrayLength(), 1, 3));
        Assert.Empty(await RecordedInSilenceAsync("conf-b", key));
    }

    [Fact]
    [Source("daprd:pkg/runtime/subscription/postman/http/http.go"), Source("daprd:pkg/channel/http/http_channel.go")]
    public async Task A_batch_goes_on_in_the_trace_of_an_event_of_it()
    {
        const string trace = "0af7651916cd43dd8448eb211c80319c";
        var key = NewKey();
        await PublishAsync(B, "pubsub", "bulk", Event(key), "application/json", headers: [("traceparent", $"00-{trace}-b7ad6b7169203331-01")]);

        var record = (await RecordedAsync("conf-b", key))[0];

        // Of several events in the batch it is the last one's.
        if (record.Json.GetProperty("entries").GetArrayLength() == 1)
            Assert.StartsWith($"00-{trace}-", record.Header("traceparent"));
        Assert.NotNull(record.Header("traceparent"));
    }

    private static List<JsonElement> Entries(Recorded record, string key) =>
        [.. record.Json.GetProperty("entries").EnumerateArray().Where(entry => entry.GetRawText().Contains(key, StringComparison.Ordinal))];

    private static string Id(JsonElement entry) => entry.GetProperty("event").GetProperty("data").GetProperty("id").ToString();
}
