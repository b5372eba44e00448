using System.Text;
using ImDapr.LocalDapr.Policies;
using ImDapr.LocalDapr.PubSub;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;

namespace ImDapr.UnitTests.LocalDapr.PubSub;

/// <summary>What an app's answer to an event means, as daprd reads it.</summary>
public sealed class DeliveryTests : IAsyncLifetime
{
    private const string Event = """{"id":"1","traceparent":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01","data":{"n":1}}""";
    private static readonly ResiliencyPolicy ThreeRetries = new(new RetryPolicy(Exponential: false, TimeSpan.Zero, TimeSpan.Zero, 3), null);

    private readonly List<BrokerMessage> _dead = [];
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
        Assert.StartsWith("00-0af7651916cd43dd8448eb211c80319c-", request.Headers.TraceParent.ToString());
        Assert.NotEqual("b7ad6b7169203331", request.Headers.TraceParent.ToString().Split('-')[2]); // a span of its own
        Assert.Equal(1, _asked);
        Assert.Empty(_dead);
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
        var dead = Assert.Single(_dead);
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
        Assert.Empty(_dead);
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
        Assert.Single(_dead);
    }

    [Fact]
    public async Task An_expired_event_is_not_shown_to_the_app()
    {
        Answer(200, "");

        await HandleAsync("""{"id":"1","expiration":"2020-01-01T00:00:00Z"}""", ThreeRetries);

        Assert.Equal(0, _asked);
        Assert.Single(_dead);
    }

    [Theory]
    [InlineData("[1]")]
    [InlineData("no JSON")]
    public async Task What_is_no_event_goes_to_the_dead_letter_topic(string data)
    {
        Answer(200, "");

        await HandleAsync(data, ThreeRetries);

        Assert.Equal(0, _asked);
        Assert.Single(_dead);
    }

    [Fact]
    public async Task Only_the_statuses_that_a_policy_lists_are_tried_again()
    {
        var only503 = ThreeRetries with { Retry = ThreeRetries.Retry! with { HttpCodes = new StatusCodeRanges("503", 100, 599) } };
        Answer(500, "");
        await HandleAsync(Event, only503);
        Assert.Equal(1, _asked);

        Answer(503, "");
        await HandleAsync(Event, only503);
        Assert.Equal(5, _asked);
    }

    [Theory]
    [InlineData("""{"type":"order","data":{"total":100}}""", "POST /orders/large")]
    [InlineData("""{"type":"order","data":{"total":10}}""", "POST /orders")]
    [InlineData("""{"type":"other","data":{"total":10}}""", "POST /others")]
    public async Task The_first_rule_that_matches_decides_on_the_route(string data, string line)
    {
        Answer(200, "");
        RoutingRule[] rules =
        [
            SubscriptionAnswer.Rule("event.type == 'order' && event.data.total > 50", "/orders/large"), SubscriptionAnswer.Rule("event.type == 'order'", "orders"),
            SubscriptionAnswer.Rule(null, "others"),
        ];
        await new Delivery(TargetOf(new Subscription("pubsub", "things", rules), ResiliencyPolicy.None)).HandleAsync(Message(data), CancellationToken.None);

        Assert.Equal(line, (await _app.NextAsync()).Line);
    }

    [Fact]
    public async Task An_event_that_no_rule_wants_is_a_dead_letter_and_one_that_a_rule_cannot_be_asked_of_too()
    {
        Answer(200, "");
        var subscription = new Subscription("pubsub", "things", [SubscriptionAnswer.Rule("event.data.n > 1.0", "more")], "things.dead");
        var delivery = new Delivery(TargetOf(subscription, ResiliencyPolicy.None));

        await delivery.HandleAsync(Message("""{"data":{"n":1}}"""), CancellationToken.None);
        await delivery.HandleAsync(Message("""{"data":{}}"""), CancellationToken.None);

        Assert.Equal(0, _asked);
        Assert.Equal(2, _dead.Count);
    }

    private void Answer(int status, string body) => _app.Answer = (_, response) =>
    {
        Interlocked.Increment(ref _asked);
        response.StatusCode = status;
        return response.WriteAsync(body);
    };

    private Task HandleAsync(string data, ResiliencyPolicy inbound, string? deadLetterTopic = "things.dead")
    {
        var subscription = new Subscription("pubsub", "things", [new RoutingRule(null, "events/things")], deadLetterTopic);
        var delivery = new Delivery(TargetOf(subscription, inbound));
        return delivery.HandleAsync(Message(data), CancellationToken.None).WaitAsync(Components.Patience);
    }

    private DeliveryTarget TargetOf(Subscription subscription, ResiliencyPolicy inbound) => new(
        subscription, _app.Channel, new PubSubPolicies(ResiliencyPolicy.None, inbound, IsTracing: true), TimeProvider.System, NullLogger<Delivery>.Instance,
        (message, _) =>
        {
            lock (_dead)
                _dead.Add(message);
            return Task.CompletedTask;
        });

    private static BrokerMessage Message(string data) => new("things", Encoding.UTF8.GetBytes(data), new Dictionary<string, string>());
}
