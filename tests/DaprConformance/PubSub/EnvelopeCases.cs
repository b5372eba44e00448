using System.Globalization;
using System.Text.Json;
using Dapr;
using ImDapr.DaprConformance.Systems;

namespace ImDapr.DaprConformance.PubSub;

/// <summary>What daprd puts around what is published.</summary>
public sealed class EnvelopeCases(ConformanceSystem system) : PubSubCases(system)
{
    private const string CloudEvents = "application/cloudevents+json";
    private const string Trace = "0af7651916cd43dd8448eb211c80319c";

    [Theory, MemberData(nameof(Apis))]
    [Source("cc:pubsub/envelope.go"), Source("dapr-contract 3.2")]
    public async Task An_event_has_the_envelope_of_CloudEvents(string api)
    {
        var key = NewKey();
        await PublishAsync("pubsub", "plain", Event(key), api: api);

        var envelope = (await RecordedAsync("conf-b", key))[0].Json;

        Assert.Equal("1.0", Text(envelope, "specversion"));
        Assert.Equal("com.dapr.event.sent", Text(envelope, "type"));
        Assert.Equal("conf-b", Text(envelope, "source"));
        Assert.Equal("application/json", Text(envelope, "datacontenttype"));
        Assert.Equal(("plain", "pubsub"), (Text(envelope, "topic"), Text(envelope, "pubsubname")));
        Assert.True(Guid.TryParse(Text(envelope, "id"), out _));
        Assert.Equal(key, envelope.GetProperty("data").GetProperty("key").GetString());
        Assert.False(envelope.TryGetProperty("expiration", out _));
        Assert.False(envelope.TryGetProperty("subject", out _));
        var time = DateTimeOffset.ParseExact(Text(envelope, "time"), ["yyyy-MM-dd'T'HH:mm:ssK"], CultureInfo.InvariantCulture);
        Assert.InRange(time, DateTimeOffset.Now.AddMinutes(-2), DateTimeOffset.Now.AddMinutes(2));
        Assert.Equal(Text(envelope, "traceid"), Text(envelope, "traceparent"));
    }

    [Theory, MemberData(nameof(Apis))]
    [Source("daprd:pkg/runtime/subscription/postman/http/http.go")]
    public async Task It_is_posted_as_a_cloud_event_that_names_its_component(string api)
    {
        var key = NewKey();
        await PublishAsync("pubsub", "plain", Event(key), api: api);

        var record = (await RecordedAsync("conf-b", key))[0];

        Assert.Equal(("POST", "/events/plain"), (record.Method, record.Path));
        Assert.StartsWith(CloudEvents, record.Header("content-type"));
        Assert.Equal("pubsub", record.Header("pubsubname"));
    }

    [Theory]
    [InlineData("application/json", "object"), InlineData("application/json; charset=utf-8", "object"), InlineData("Application/JSON", "object")]
    [InlineData("application/vnd.test+json", "text"), InlineData("text/plain", "text"), InlineData("application/xml", "text")]
    [InlineData("application/octet-stream", "base64")]
    [Source("cc:pubsub/envelope.go"), Source("cc:contenttype/utils.go")]
    public async Task The_content_type_decides_how_data_is_held(string contentType, string form)
    {
        var key = NewKey();
        var body = JsonSerializer.Serialize(Event(key));
        await PublishAsync(B, "pubsub", "plain", body, contentType);

        var envelope = (await RecordedAsync("conf-b", key))[0].Json;

        Assert.Equal(contentType, Text(envelope, "datacontenttype"));
        switch (form)
        {
            case "object": Assert.Equal(key, envelope.GetProperty("data").GetProperty("key").GetString()); break;
            case "text": Assert.Equal(body, Text(envelope, "data")); break;
            default:
                Assert.Equal(body, Text(envelope.GetProperty("data_base64").GetBytesFromBase64()));
                Assert.False(envelope.TryGetProperty("data", out _));
                break;
        }
    }

    [Fact]
    [Source("cc:pubsub/envelope.go")]
    public async Task Without_a_content_type_it_is_plain_text()
    {
        var key = NewKey();
        await PublishAsync(B, "pubsub", "plain", $"words {key}", "");

        var envelope = (await RecordedAsync("conf-b", key))[0].Json;

        Assert.Equal(("text/plain", $"words {key}"), (Text(envelope, "datacontenttype"), Text(envelope, "data")));
    }

    [Fact]
    [Source("cc:pubsub/envelope.go")]
    public async Task What_is_called_JSON_and_is_none_travels_as_text()
    {
        var key = NewKey();
        await PublishAsync(B, "pubsub", "plain", $"{{no json {key}", "application/json");

        Assert.Equal($"{{no json {key}", Text((await RecordedAsync("conf-b", key))[0].Json, "data"));
    }

    [Theory, MemberData(nameof(Apis))]
    [Source("cc:pubsub/envelope.go")]
    public async Task Big_numbers_arrive_as_they_were(string api)
    {
        var key = NewKey();
        await PublishAsync("pubsub", "plain", new { key, id = 9007199254740993L, most = long.MaxValue }, api: api);

        var data = (await RecordedAsync("conf-b", key))[0].Json.GetProperty("data");

        Assert.Equal(("9007199254740993", "9223372036854775807"), (data.GetProperty("id").GetRawText(), data.GetProperty("most").GetRawText()));
    }

    [Theory]
    [InlineData("cloudevent.id", "id", "my-id"), InlineData("cloudevent.source", "source", "my-source"), InlineData("cloudevent.type", "type", "my.type")]
    [InlineData("cloudevent.subject", "subject", "my subject"), InlineData("CloudEvent.Type", "type", "other.type")]
    [InlineData("cloudevent.traceparent", "traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")]
    [InlineData("cloudevent.tracestate", "tracestate", "a=b"), InlineData("cloudevent.datacontenttype", "datacontenttype", "application/json")]
    [Source("daprd:pkg/runtime/pubsub/cloudevents.go")]
    public async Task Metadata_override_fields_of_the_envelope(string name, string field, string value)
    {
        var key = NewKey();
        await PublishAsync("pubsub", "plain", Event(key), new() { [name] = name.EndsWith("datacontenttype", StringComparison.Ordinal) ? "text/plain" : value });

        Assert.Equal(value, Text((await RecordedAsync("conf-b", key))[0].Json, field));
    }

    [Fact]
    [Source("cc:pubsub/envelope.go")]
    public async Task An_event_of_the_publisher_is_kept_but_for_where_it_goes()
    {
        var key = NewKey();
        var own = new
        {
            specversion = "1.0",
            id = "own-id",
            source = "own-source",
            type = "own.type",
            topic = "elsewhere",
            pubsubname = "other",
            time = "2020-01-01T00:00:00Z",
            extension = "kept",
            data = Event(key),
        };
        await PublishAsync(B, "pubsub", "plain", own, CloudEvents);

        var envelope = (await RecordedAsync("conf-b", key))[0].Json;

        Assert.Equal(("own-id", "own-source", "own.type"), (Text(envelope, "id"), Text(envelope, "source"), Text(envelope, "type")));
        Assert.Equal(("plain", "pubsub"), (Text(envelope, "topic"), Text(envelope, "pubsubname")));
        Assert.Equal(("2020-01-01T00:00:00Z", "kept"), (Text(envelope, "time"), Text(envelope, "extension")));
        Assert.True(envelope.TryGetProperty("traceid", out _));
    }

    [Fact]
    [Source("cc:pubsub/envelope.go")]
    public async Task What_a_publishers_event_lacks_is_filled_in_but_no_id()
    {
        var key = NewKey();
        await PublishAsync(B, "pubsub", "plain", new { data = Event(key) }, CloudEvents);

        var envelope = (await RecordedAsync("conf-b", key))[0].Json;

        Assert.False(envelope.TryGetProperty("id", out _));
        // The name of the runtime, and not of the app.
        Assert.Equal(("Dapr", "com.dapr.event.sent", "1.0"), (Text(envelope, "source"), Text(envelope, "type"), Text(envelope, "specversion")));
        Assert.NotEmpty(Text(envelope, "time"));
    }

    [Fact]
    [Source("daprd:pkg/runtime/pubsub/cloudevents.go")]
    public async Task Metadata_do_not_override_an_event_of_the_publisher()
    {
        var key = NewKey();
        await PublishAsync(B, "pubsub", "plain", new { type = "own.type", data = Event(key) }, CloudEvents, new() { ["cloudevent.type"] = "other" });

        Assert.Equal("own.type", Text((await RecordedAsync("conf-b", key))[0].Json, "type"));
    }

    [Fact]
    [Source("daprd:pkg/api/errors/pubsub.go")]
    public async Task What_is_called_an_event_and_is_no_JSON_is_refused() =>
        (await B.SendAsync("POST", "/v1.0/publish/pubsub/plain", "no json", CloudEvents)).Is(500, "ERR_PUBSUB_CLOUD_EVENTS_SER");

    [Fact]
    [Source("SDK:Dapr.Client.DaprClientGrpc"), Source("cc:pubsub/envelope.go")]
    public async Task The_SDK_publishes_a_cloud_event_as_such()
    {
        var key = NewKey();
        var own = new CloudEvent<Dictionary<string, object>>(Event(key)) { Source = new Uri("urn:own"), Type = "sdk.type", Subject = "about" };
        await B.Dapr.PublishEventAsync("pubsub", "plain", own, Token);

        var envelope = (await RecordedAsync("conf-b", key))[0].Json;

        Assert.Equal(("urn:own", "sdk.type", "about"), (Text(envelope, "source"), Text(envelope, "type"), Text(envelope, "subject")));
    }

    [Fact]
    [Source("SDK:Dapr.Client.DaprClientGrpc"), Source("cc:pubsub/envelope.go")]
    public async Task The_SDK_publishes_bytes_with_their_content_type()
    {
        var key = NewKey();
        await B.Dapr.PublishByteEventAsync("pubsub", "plain", Bytes($"<a>{key}</a>"), "application/xml", cancellationToken: Token);

        var envelope = (await RecordedAsync("conf-b", key))[0].Json;

        Assert.Equal(("application/xml", $"<a>{key}</a>"), (Text(envelope, "datacontenttype"), Text(envelope, "data")));
    }

    [Theory, InlineData("ttlInSeconds", "60"), InlineData("ttl", "60s"), InlineData("ttlInSeconds", "1m")]
    [Source("cc:pubsub/envelope.go"), Source("cc:metadata/utils.go")]
    public async Task A_time_to_live_is_an_expiration(string name, string value)
    {
        var key = NewKey();
        await PublishAsync("pubsub", "plain", Event(key), new() { [name] = value });

        var envelope = (await RecordedAsync("conf-b", key))[0].Json;

        Assert.SkipWhen(name == "ttlInSeconds" && value == "1m" && !envelope.TryGetProperty("expiration", out _), "whether ttlInSeconds takes a duration depends on the version");
        var end = DateTimeOffset.Parse(Text(envelope, "expiration"), CultureInfo.InvariantCulture);
        Assert.InRange(end - DateTimeOffset.UtcNow, TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(62));
    }

    [Fact]
    [Source("daprd:pkg/runtime/subscription/subscription.go"), Source("cc:pubsub/envelope.go")]
    public async Task An_expired_event_is_not_delivered()
    {
        var (expired, later) = (NewKey(), NewKey());
        await PublishAsync(B, "pubsub", "plain", new { id = "1", expiration = "2020-01-01T00:00:00Z", data = Event(expired) }, CloudEvents);
        await PublishAsync(B, "pubsub", "plain", new { id = "2", expiration = "2120-01-01T00:00:00Z", data = Event(later) }, CloudEvents);

        await RecordedAsync("conf-a", later);
        Assert.Empty(await RecordedInSilenceAsync("conf-a", expired));
    }

    [Fact]
    [Source("daprd:pkg/api/http/http.go"), Source("daprd:pkg/runtime/subscription/postman/http/http.go"), Source("dapr-contract 6")]
    public async Task A_trace_goes_through_the_envelope_to_the_subscriber()
    {
        var key = NewKey();
        await PublishAsync(B, "pubsub", "plain", Event(key), "application/json", headers: [("traceparent", $"00-{Trace}-b7ad6b7169203331-01"), ("tracestate", "a=b")]);

        var record = (await RecordedAsync("conf-b", key))[0];

        Assert.StartsWith($"00-{Trace}-", Text(record.Json, "traceparent"));
        Assert.StartsWith($"00-{Trace}-", Text(record.Json, "traceid"));
        Assert.Equal("a=b", Text(record.Json, "tracestate"));
        Assert.StartsWith($"00-{Trace}-", record.Header("traceparent"));
    }

    [Fact]
    [Source("SDK:CloudEventsMiddleware"), Source("dapr-contract 1.7")]
    public async Task The_SDK_takes_an_event_out_of_its_envelope()
    {
        var key = NewKey();
        await PublishAsync("pubsub", "unwrapped", Event(key));

        var record = (await RecordedAsync("conf-b", key))[0];

        Assert.Equal(key, record.Json.GetProperty("key").GetString());
        Assert.StartsWith("application/json", record.Header("content-type"));
        Assert.Equal("conf-b", record.Header("cloudevent.source"));
    }

    private static string Text(JsonElement envelope, string field) => envelope.GetProperty(field).GetString()!;
}
