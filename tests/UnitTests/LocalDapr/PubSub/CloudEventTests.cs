using System.Text;
using System.Text.Json;
using ImDapr.LocalDapr.PubSub;
using Microsoft.Extensions.Time.Testing;

namespace ImDapr.UnitTests.LocalDapr.PubSub;

/// <summary>The envelope that daprd puts around what an app publishes.</summary>
public sealed class CloudEventTests
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));

    [Fact]
    public void JSON_is_carried_as_JSON()
    {
        var envelope = Wrap("""{"n":1}""", "application/json; charset=utf-8");

        Assert.Equal(1, envelope.GetProperty("data").GetProperty("n").GetInt32());
        Assert.Equal("1.0", envelope.GetProperty("specversion").GetString());
        Assert.Equal("shop", envelope.GetProperty("source").GetString());
        Assert.Equal("com.dapr.event.sent", envelope.GetProperty("type").GetString());
        Assert.Equal("things", envelope.GetProperty("topic").GetString());
        Assert.Equal("pubsub", envelope.GetProperty("pubsubname").GetString());
        Assert.Equal("00-aa-bb-01", envelope.GetProperty("traceparent").GetString());
        Assert.NotEmpty(envelope.GetProperty("id").GetString()!);
        Assert.False(envelope.TryGetProperty("expiration", out _));
    }

    [Fact]
    public void Text_is_a_string_and_so_is_JSON_that_is_none()
    {
        Assert.Equal("plain", Wrap("plain", "text/plain").GetProperty("data").GetString());
        Assert.Equal("{broken", Wrap("{broken", "application/json").GetProperty("data").GetString());
    }

    [Fact]
    public void Bytes_are_base64() =>
        Assert.Equal("AQI=", Wrap("\u0001\u0002", "application/octet-stream").GetProperty("data_base64").GetString());

    [Fact]
    public void Metadata_overrides_fields_and_ends_the_life_of_an_event()
    {
        var envelope = Wrap("1", "application/json", ("cloudevent.id", "mine"), ("cloudevent.source", "me"), ("ttlInSeconds", "60"));

        Assert.Equal("mine", envelope.GetProperty("id").GetString());
        Assert.Equal("me", envelope.GetProperty("source").GetString());
        Assert.Equal("2026-01-02T03:05:05Z", envelope.GetProperty("expiration").GetString());
    }

    [Fact]
    public void An_event_of_the_publishers_own_is_completed_and_keeps_its_id_and_large_numbers()
    {
        var envelope = Wrap("""{"id":"mine","source":"me","topic":"elsewhere","data":9007199254740993}""", "application/cloudevents+json");

        Assert.Equal("mine", envelope.GetProperty("id").GetString());
        Assert.Equal("me", envelope.GetProperty("source").GetString());
        Assert.Equal("things", envelope.GetProperty("topic").GetString());
        Assert.Equal("com.dapr.event.sent", envelope.GetProperty("type").GetString());
        Assert.Equal("00-aa-bb-01", envelope.GetProperty("traceparent").GetString());
        Assert.Equal("9007199254740993", envelope.GetProperty("data").GetRawText());
    }

    [Theory]
    [InlineData("10s", "2026-01-02T03:04:15Z")]
    [InlineData("10", "2026-01-02T03:04:15Z")]
    [InlineData("-1", null)]
    [InlineData("soon", null)]
    public void A_time_to_live_is_seconds_or_a_duration(string ttl, string? expiration)
    {
        var envelope = Wrap("1", "application/json", ("ttlInSeconds", ttl));

        Assert.Equal(expiration, envelope.TryGetProperty("expiration", out var value) ? value.GetString() : null);
    }

    [Fact]
    public void Raw_bytes_get_an_envelope_that_knows_nothing_of_them()
    {
        var envelope = JsonElement.Parse(CloudEvent.WrapRaw("pubsub", "things", "x"u8, new Dictionary<string, string>()));

        Assert.Equal("Dapr", envelope.GetProperty("source").GetString());
        Assert.Equal("application/octet-stream", envelope.GetProperty("datacontenttype").GetString());
        Assert.Equal("eA==", envelope.GetProperty("data_base64").GetString());
        Assert.False(envelope.TryGetProperty("traceparent", out _));
    }

    private JsonElement Wrap(string data, string contentType, params (string Name, string Value)[] metadata) => JsonElement.Parse(CloudEvent.Wrap(
        new Publication("pubsub", "things", Encoding.UTF8.GetBytes(data), contentType, metadata.ToDictionary(pair => pair.Name, pair => pair.Value), "00-aa-bb-01", null),
        "shop", _time));
}
