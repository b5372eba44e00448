using ImDapr.DaprConformance.Systems;

namespace ImDapr.DaprConformance.PubSub;

/// <summary>Rules and declared subscriptions.</summary>
public sealed class RoutingCases(ConformanceSystem system) : PubSubCases(system)
{
    [Theory]
    [InlineData("special", "usual", 1, "n", "routed/special")]
    [InlineData("usual", "important", 1, "n", "routed/important")]
    [InlineData("usual", "usual", 11, "n", "routed/large")]
    [InlineData("usual", "usual", 10, "n", "routed/default")]
    [InlineData("usual", "usual", 1, "x-ray", "routed/prefixed")]
    [InlineData("special", "important", 99, "x-ray", "routed/special")]
    [Source("daprd:pkg/runtime/pubsub/subscriptions.go"), Source("daprd:pkg/expr/expr.go")]
    public async Task The_first_rule_that_matches_decides_and_else_the_default(string type, string kind, int size, string name, string route)
    {
        var key = NewKey();
        var data = Event(key);
        (data["kind"], data["size"], data["name"]) = (kind, size, name);

        await PublishAsync("pubsub", "routed", data, new() { ["cloudevent.type"] = type });

        Assert.Equal($"/events/{route}", (await RecordedOnceAsync("conf-b", key)).Path);
        Assert.Equal($"/events/{route}", (await RecordedOnceAsync("conf-a", key)).Path);
    }

    [Fact]
    [Source("daprd:pkg/runtime/subscription/subscription.go"), Source("daprd:pkg/expr/expr.go")]
    public async Task A_rule_that_asks_for_what_is_not_there_loses_the_event()
    {
        var (lost, next) = (NewKey(), NewKey());

        // No "kind": the second rule is an error, and the default is not asked.
        await PublishAsync("pubsub", "routed", new { key = lost, size = 1, name = "n" });
        await PublishAsync("pubsub", "routed", Event(next));

        await RecordedAsync("conf-b", next);
        Assert.Empty(await RecordedInSilenceAsync("conf-b", lost));
    }

    [Fact]
    [Source("daprd:pkg/runtime/subscription/subscription.go")]
    public async Task Without_a_default_what_no_rule_wants_is_dropped()
    {
        var (wanted, unwanted) = (NewKey(), NewKey());
        var data = Event(wanted);
        data["kind"] = "wanted";

        await PublishAsync("pubsub", "strict", Event(unwanted));
        await PublishAsync("pubsub", "strict", data);

        await RecordedAsync("conf-b", wanted, 1, On("strict/wanted"));
        Assert.Empty(await RecordedInSilenceAsync("conf-b", unwanted));
    }

    [Theory, InlineData(true), InlineData(false)]
    [Source("daprd:pkg/runtime/subscription/subscription.go")]
    public async Task What_no_rule_wants_or_can_judge_goes_to_the_dead_letter_topic(bool hasKind)
    {
        var key = NewKey();

        await PublishAsync("pubsub", "strict-dead", hasKind ? Event(key) : new { key });

        await RecordedAsync("conf-b", key, 2, On("dead-letters"));
        Assert.Empty(await RecordedInSilenceAsync("conf-b", key, 1, On("strict-dead/wanted")));
    }

    [Theory]
    [InlineData("declared", "usual", "declared"), InlineData("declared", "important", "declared-important"), InlineData("declared-first-form", "usual", "declared")]
    [Source("daprd:pkg/apis/subscriptions/v2alpha1/types.go"), Source("dapr-contract 3.3")]
    public async Task A_declared_subscription_delivers_to_the_apps_in_its_scopes(string topic, string kind, string route)
    {
        var key = NewKey();
        var data = Event(key);
        data["kind"] = kind;

        await PublishAsync("pubsub", topic, data);

        Assert.Equal($"/events/{route}", (await RecordedOnceAsync("conf-a", key)).Path);
        Assert.Empty(await RecordedInSilenceAsync("conf-b", key));
    }

    [Fact]
    [Source("daprd:pkg/runtime/subscription/postman/http/http.go")]
    public async Task A_route_that_the_app_does_not_have_drops_the_event()
    {
        var key = NewKey();
        var data = Event(key);
        data["kind"] = "nowhere";

        await PublishAsync("pubsub", "declared", data);

        Assert.Equal("/events/declared-dead-letters", (await RecordedOnceAsync("conf-a", key)).Path);
    }
}
