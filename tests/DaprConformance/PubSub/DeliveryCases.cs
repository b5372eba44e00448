using System.Text.Json;
using ImDapr.DaprConformance.Systems;

namespace ImDapr.DaprConformance.PubSub;

/// <summary>Who gets an event, how often, and what becomes of the answer.</summary>
public sealed class DeliveryCases(ConformanceSystem system) : PubSubCases(system)
{
    [Theory, MemberData(nameof(Apis))]
    [Source("cc:pubsub/redis/redis.go"), Source("dapr-contract 3.6")]
    public async Task Each_app_gets_a_copy_and_its_instances_share_it(string api)
    {
        var key = NewKey();

        await PublishAsync("pubsub", "plain", Event(key), api: api);

        await RecordedOnceAsync("conf-a", key);
        await RecordedOnceAsync("conf-b", key);
    }

    [Fact]
    [Source("cc:pubsub/redis/redis.go"), Source("dapr-contract 3.6")]
    public async Task Of_many_events_each_reaches_one_instance_once()
    {
        var key = NewKey();

        await Task.WhenAll(Enumerable.Range(0, 60).Select(n => PublishAsync("pubsub", "plain", new { key, n })));

        await RecordedAsync("conf-a", key, 60);
        var numbers = (await RecordedInSilenceAsync("conf-a", key, 61)).Select(record => record.Json.GetProperty("data").GetProperty("n").GetInt32());
        Assert.Equal(Enumerable.Range(0, 60), numbers.Order());
    }

    [Theory, MemberData(nameof(Apis))]
    [Source("daprd:pkg/api/http/http.go")]
    public async Task A_topic_may_have_slashes(string api)
    {
        var key = NewKey();

        await PublishAsync("pubsub", "deep/er/topic", Event(key), api: api);

        Assert.Equal("deep/er/topic", (await RecordedAsync("conf-b", key))[0].Json.GetProperty("topic").GetString());
    }

    // Since 1.17 Redis acknowledges whatever the app said.
    [Theory]
    [InlineData("SUCCESS"), InlineData("RETRY"), InlineData("DROP"), InlineData("WHAT"), InlineData("500"), InlineData("400"), InlineData("404")]
    [InlineData("200"), InlineData("204"), InlineData("garbage"), InlineData("empty")]
    [Source("cc:pubsub/redis/redis.go"), Source("dapr-contract 0.1"), Source("daprd:pkg/runtime/subscription/postman/http/http.go")]
    public async Task Without_a_policy_nothing_is_delivered_twice(string answer)
    {
        var key = NewKey();

        await PublishAsync("pubsub", "plain", Event(key, answer));

        await RecordedOnceAsync("conf-b", key);
    }

    [Theory]
    [InlineData("SUCCESS", 1), InlineData("DROP", 1), InlineData("404", 1), InlineData("garbage", 1), InlineData("empty", 1), InlineData("204", 1)]
    [InlineData("RETRY", 4), InlineData("WHAT", 4), InlineData("500", 4), InlineData("400", 4), InlineData("301", 4)]
    [InlineData("500,SUCCESS", 2), InlineData("500,RETRY,SUCCESS", 3), InlineData("RETRY,DROP", 2), InlineData("500,404", 2)]
    [Source("daprd:pkg/runtime/subscription/postman/http/http.go"), Source("dapr-contract 3.4"), Source("daprd:pkg/resiliency/policy.go")]
    public async Task With_a_policy_of_three_retries_the_answer_decides(string answers, int attempts)
    {
        var key = NewKey();

        await PublishAsync("pubsub-retry", "retried", Event(key, answers.Split(',')));

        await RecordedAsync("conf-b", key, attempts);
        var records = await RecordedInSilenceAsync("conf-b", key, attempts + 1);
        Assert.Equal(attempts, records.Count);
        // The same event, and from the sidecar's memory: it does not go to another instance.
        Assert.Single(records.Select(record => record.Json.GetProperty("id").GetString()).Distinct());
        Assert.All(records.Zip(records.Skip(1)), pair => Assert.True(pair.Second.At - pair.First.At >= 80, $"{pair.Second.At - pair.First.At} ms after the last"));
    }

    [Fact]
    [Source("dapr-contract 3.4")]
    public async Task All_attempts_go_to_the_same_instance()
    {
        var key = NewKey();

        await PublishAsync("pubsub-retry", "retried", Event(key, "500"));

        Assert.Single((await RecordedAsync("conf-a", key, 4)).Select(record => record.Port).Distinct());
    }

    [Theory]
    [InlineData("503", 4), InlineData("595", 4), InlineData("500", 1), InlineData("400", 1), InlineData("RETRY", 4), InlineData("503,500", 2)]
    [Source("daprd:pkg/resiliency/policy.go"), Source("dapr-contract 7.3")]
    public async Task A_policy_may_name_the_status_codes_worth_a_retry(string answers, int attempts)
    {
        var key = NewKey();

        await PublishAsync("pubsub-picky", "picky", Event(key, answers.Split(',')));

        await RecordedAsync("conf-b", key, attempts);
        Assert.Equal(attempts, (await RecordedInSilenceAsync("conf-b", key, attempts + 1)).Count);
    }

    [Fact]
    [Source("daprd:pkg/resiliency/policy.go"), Source("dapr-contract 7.3")]
    public async Task A_slow_subscriber_is_given_up_after_the_timeout_and_tried_again()
    {
        var key = NewKey();

        await PublishAsync("pubsub-hasty", "hasty", Event(key, "slow:3000", "SUCCESS"));

        var records = await RecordedAsync("conf-b", key, 2);
        Assert.InRange(records[1].At - records[0].At, 400, 2500);
    }

    [Fact]
    [Source("daprd:pkg/resiliency/breaker/circuitbreaker.go"), Source("dapr-contract 7.3")]
    public async Task A_breaker_that_is_open_keeps_events_from_the_app_and_closes_again()
    {
        var delivered = 0;
        while (await IsDeliveredAsync("500"))
            Assert.InRange(++delivered, 1, 6);

        // Three in a row open it; one more may be on its way by then.
        Assert.InRange(delivered, 3, 4);
        await UntilAsync(() => IsDeliveredAsync("SUCCESS"), isDelivered => isDelivered);
    }

    private async Task<bool> IsDeliveredAsync(string answer)
    {
        var key = NewKey();
        await PublishAsync("pubsub-tripped", "tripped", Event(key, answer));
        return (await B.RecordedAsync(key, 1, TimeSpan.FromMilliseconds(700))).Count == 1;
    }

    [Fact]
    [Source("cc:pubsub/in-memory/in-memory.go"), Source("dapr-contract 3.7")]
    public async Task In_memory_events_stay_with_their_sidecar()
    {
        var key = NewKey();

        await PublishAsync("pubsub-memory", "memory", Event(key), from: A);

        await A.RecordedAsync(key, 1, Patience);
        var everywhere = (await RecordedInSilenceAsync("conf-a", key, 2)).Concat(await RecordedInSilenceAsync("conf-b", key));
        Assert.Equal(A.Port, Assert.Single(everywhere).Port);
    }

    [Theory]
    [InlineData("500", true), InlineData("RETRY", true), InlineData("DROP", true), InlineData("404", true), InlineData("WHAT", true)]
    [InlineData("SUCCESS", false), InlineData("garbage", false)]
    [Source("daprd:pkg/runtime/subscription/subscription.go"), Source("dapr-contract 3.4")]
    public async Task What_the_app_does_not_take_goes_to_the_dead_letter_topic(string answer, bool isDead)
    {
        var key = NewKey();

        await PublishAsync("pubsub", "dead", Event(key, answer));

        var first = await RecordedAsync("conf-b", key, 1, On("dead"));
        var dead = await RecordedInSilenceAsync("conf-b", key, 3, On("dead-letters"));
        // The topic of dead letters is subscribed by both apps, and both fail: each tells of its own failure.
        Assert.Equal(isDead ? 2 : 0, dead.Count);
        Assert.All(dead, record => Assert.Equal(first[0].Body, record.Body));
    }

    [Theory, InlineData("500"), InlineData("RETRY")]
    [Source("daprd:pkg/runtime/subscription/subscription.go")]
    public async Task The_dead_letter_topic_gets_it_after_all_retries(string answer)
    {
        var key = NewKey();

        await PublishAsync("pubsub-retry", "retried-dead", Event(key, answer));

        var dead = await RecordedAsync("conf-b", key, 1, On("retried-dead-letters"));
        Assert.Equal(4, (await RecordedAsync("conf-b", key, 4, On("retried-dead"))).Count);
        Assert.Equal("retried-dead", dead[0].Json.GetProperty("topic").GetString());
    }

    [Fact]
    [Source("daprd:pkg/runtime/subscription/subscription.go")]
    public async Task A_dropped_event_goes_to_the_dead_letter_topic_without_retries()
    {
        var key = NewKey();

        await PublishAsync("pubsub-retry", "retried-dead", Event(key, "DROP"));

        await RecordedAsync("conf-b", key, 1, On("retried-dead-letters"));
        await RecordedOnceAsync("conf-b", key, On("retried-dead"));
    }

    [Fact]
    [Source("daprd:pkg/runtime/subscription/subscription.go")]
    public async Task Expired_and_raw_are_no_reason_to_lose_what_comes_after()
    {
        var keys = Enumerable.Range(0, 10).Select(_ => NewKey()).ToList();

        foreach (var (key, n) in keys.Select((key, n) => (key, n)))
            await PublishAsync(B, "pubsub", "plain", JsonSerializer.Serialize(Event(key)), n % 2 == 0 ? "application/json" : "text/plain");

        foreach (var key in keys)
            await RecordedAsync("conf-a", key);
    }
}
