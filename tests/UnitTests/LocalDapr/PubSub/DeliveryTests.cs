using System.Text;
using ImDapr.LocalDapr.PubSub;
using ImDapr.LocalDapr.Resources;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;

namespace ImDapr.UnitTests.LocalDapr.PubSub;

/// <summary>What an app's answer to an event means, as daprd reads it.</summary>
public sealed class DeliveryTests : IAsyncLifetime
{
    private const string Event = """{"id":"1","traceparent":"00-aa-bb-01","data":{"n":1}}""";
    private static readonly ResiliencyPolicy ThreeRetries = new(new RetryPolicy(Exponential: false, TimeSpan.Zero, TimeSpan.Zero, 3), null);

    private readonly RecordingBroker _broker = new();
    private AppStub _app = null!;
    private int _asked;

    public async Task InitializeAsync() => _app = await AppStub.StartAsync("app");

    public async Task DisposeAsync() => await _app.DisposeAsync();

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("""{"status":"SUCCESS"}""")]
    [InlineData("no JSON")]
    public async Task An_event_is_posted_to_its_route_once_when_the_app_takes_it(string answer)
    {
        Answer(200, answer);

        await HandleAsync(Event, ThreeRetries);

        var request = await _app.NextAsync();
        Assert.Equal("POST /events/things", request.Line);
        Assert.Equal(Event, request.Body);
        Assert.Equal("application/cloudevents+json", request.Headers.ContentType);
        Assert.Equal("pubsub", request.Headers["pubsubName"]);
        Assert.Equal("00-aa-bb-01", request.Headers["traceparent"]);
        Assert.Equal(1, _asked);
        Assert.Empty(_broker.Published);
    }

    [Theory]
    [InlineData(500, "")]
    [InlineData(200, """{"status":"RETRY"}""")]
    [InlineData(200, """{"status":"unheard of"}""")]
    public async Task What_fails_is_tried_again_by_policy_and_then_a_dead_letter(int status, string answer)
    {
        Answer(status, answer);

        await HandleAsync(Event, ThreeRetries);

        Assert.Equal(4, _asked);
        var dead = Assert.Single(_broker.Published);
        Assert.Equal(("things.dead", Event), (dead.Topic, Encoding.UTF8.GetString(dead.Data)));
    }

    [Fact]
    public async Task A_failure_that_passes_leaves_no_dead_letter()
    {
        _app.Answer = (_, response) =>
        {
            response.StatusCode = ++_asked < 3 ? 503 : 200;
            return Task.CompletedTask;
        };

        await HandleAsync(Event, ThreeRetries);

        Assert.Equal(3, _asked);
        Assert.Empty(_broker.Published);
    }

    [Fact]
    public async Task Without_policy_and_dead_letter_topic_the_component_is_told()
    {
        Answer(500, "");

        await Assert.ThrowsAnyAsync<Exception>(() => HandleAsync(Event, ResiliencyPolicy.None, deadLetterTopic: null));

        Assert.Equal(1, _asked);
    }

    [Theory]
    [InlineData(404, "")]
    [InlineData(200, """{"status":"DROP"}""")]
    public async Task What_the_app_does_not_want_is_not_tried_again(int status, string answer)
    {
        Answer(status, answer);

        await HandleAsync(Event, ThreeRetries);
        await HandleAsync(Event, ThreeRetries, deadLetterTopic: null);

        Assert.Equal(2, _asked);
        Assert.Single(_broker.Published);
    }

    [Fact]
    public async Task An_expired_event_is_not_shown_to_the_app()
    {
        Answer(200, "");

        await HandleAsync("""{"id":"1","expiration":"2020-01-01T00:00:00Z"}""", ThreeRetries);

        Assert.Equal(0, _asked);
        Assert.Single(_broker.Published);
    }

    private void Answer(int status, string body) => _app.Answer = (_, response) =>
    {
        Interlocked.Increment(ref _asked);
        response.StatusCode = status;
        return response.WriteAsync(body);
    };

    private Task HandleAsync(string data, ResiliencyPolicy inbound, string? deadLetterTopic = "things.dead")
    {
        var subscription = new Subscription("pubsub", "things", "events/things", deadLetterTopic, new Dictionary<string, string>());
        var delivery = new Delivery(subscription, _app.Channel, _broker, inbound, TimeProvider.System, NullLogger<Delivery>.Instance);
        var message = new BrokerMessage("things", Encoding.UTF8.GetBytes(data), new Dictionary<string, string>());
        return delivery.HandleAsync(message, CancellationToken.None).WaitAsync(Components.Patience);
    }

    private sealed class RecordingBroker : IPubSub
    {
        public List<BrokerMessage> Published { get; } = [];

        public Task InitAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task PublishAsync(BrokerMessage message, CancellationToken cancellationToken)
        {
            Published.Add(message);
            return Task.CompletedTask;
        }

        public Task SubscribeAsync(string topic, IReadOnlyDictionary<string, string> metadata, BrokerHandler handler, CancellationToken lifetime) =>
            throw new NotSupportedException("a delivery subscribes to nothing");

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
