using Dapr;
using Dapr.AspNetCore;
using ImDapr.DaprConformanceApp.Recording;

namespace ImDapr.DaprConformanceApp.PubSub;

/// <summary>
/// The topics that every app subscribes to, each with the feature that it shows. Declared ones are in <c>components/</c>. Topics of all components but
/// the one in memory are in one broker, so their names must differ.
/// </summary>
public static class SubscriptionsApi
{
    private const string PubSub = "pubsub";
    private const string Retrying = "pubsub-retry";

    public static void MapSubscriptions(this WebApplication app)
    {
        app.MapSubscribeHandler();
        Map(app, PubSub, "plain");
        Map(app, PubSub, "unwrapped");
        Map(app, PubSub, "deep/er/topic", route: "deeper");
        Map(app, PubSub, "raw", raw: true);
        Map(app, PubSub, "dead", dead: "dead-letters");
        MapDeadLetters(app, PubSub, "dead-letters");
        Map(app, Retrying, "retried");
        Map(app, Retrying, "retried-dead", dead: "retried-dead-letters");
        MapDeadLetters(app, Retrying, "retried-dead-letters");
        Map(app, "pubsub-picky", "picky");
        Map(app, "pubsub-hasty", "hasty");
        Map(app, "pubsub-tripped", "tripped");
        Map(app, "pubsub-memory", "memory");
        Map(app, "pubsub-scoped", "open");
        Map(app, "pubsub-scoped", "closed");
        MapRouted(app);
        MapBulk(app, PubSub, "bulk", 5, 400);
        MapBulk(app, PubSub, "bulk-waiting", 50, 1500);
        MapBulk(app, PubSub, "bulk-raw", 5, 100, raw: true);
        MapBulk(app, Retrying, "bulk-retried", 5, 100, dead: "retried-dead-letters");
        // Declared in components/subscriptions.yaml.
        foreach (var route in new[] { "declared", "declared-important", "declared-dead-letters" })
            app.MapPost($"/events/{route}", AnswerAsync);
        app.MapPost("/events/declared-bulk", AnswerBulkAsync);
    }

    /// <summary>What arrives on one route only, the SDK has taken out of its envelope.</summary>
    public static void UseUnwrapping(this IApplicationBuilder app) =>
        app.UseWhen(
            context => context.Request.Path == "/events/unwrapped",
            branch => branch.UseCloudEvents(new CloudEventsMiddlewareOptions { ForwardCloudEventPropertiesAsHeaders = true }));

    private static void Map(IEndpointRouteBuilder routes, string pubSub, string topic, string? route = null, bool raw = false, string? dead = null) =>
        routes.MapPost($"/events/{route ?? topic}", AnswerAsync).WithTopic(
            new TopicOptions { PubsubName = pubSub, Name = topic, EnableRawPayload = raw, DeadLetterTopic = dead! });

    // What is dead stays so: its script is not asked again.
    private static void MapDeadLetters(IEndpointRouteBuilder routes, string pubSub, string topic) =>
        routes.MapPost($"/events/{topic}", async (HttpContext context) => { await context.RecordAsync(); }).WithTopic(pubSub, topic);

    // Several routes of a topic; a topic "strict" has rules alone, and "strict-dead" a place for what none of them wants.
    private static void MapRouted(IEndpointRouteBuilder routes)
    {
        MapRule(routes, "routed", "event.type == \"special\"", 1, "routed/special");
        MapRule(routes, "routed", "event.data.kind == \"important\"", 2, "routed/important");
        MapRule(routes, "routed", "event.source == \"conf-b\" && event.data.size > 10", 3, "routed/large");
        MapRule(routes, "routed", "event.data.name.startsWith(\"x-\")", 4, "routed/prefixed");
        MapRule(routes, "routed", null, 0, "routed/default");
        MapRule(routes, "strict", "event.data.kind == \"wanted\"", 1, "strict/wanted");
        MapRule(routes, "strict-dead", "event.data.kind == \"wanted\"", 1, "strict-dead/wanted", "dead-letters");
    }

    private static void MapRule(IEndpointRouteBuilder routes, string topic, string? match, int priority, string route, string? dead = null) =>
        routes.MapPost($"/events/{route}", AnswerAsync).WithTopic(
            new TopicOptions { PubsubName = PubSub, Name = topic, Match = match!, Priority = priority, DeadLetterTopic = dead! });

    private static void MapBulk(IEndpointRouteBuilder routes, string pubSub, string topic, int most, int waitMs, bool raw = false, string? dead = null) =>
        routes.MapPost($"/events/{topic}", AnswerBulkAsync)
            .WithTopic(new TopicOptions { PubsubName = pubSub, Name = topic, EnableRawPayload = raw, DeadLetterTopic = dead! })
            .WithBulkSubscribe(new BulkSubscribeTopicOptions { TopicName = topic, MaxMessagesCount = most, MaxAwaitDurationMs = waitMs });

    private static async Task AnswerAsync(HttpContext context)
    {
        var script = Script.Read(await context.RecordAsync());
        await Script.AnswerAsync(context, script.Next(context.RequestServices.GetRequiredService<RecordStore>(), context.Request.Path));
    }

    private static async Task AnswerBulkAsync(HttpContext context) =>
        await BulkAnswer.Of(await context.RecordAsync(), context.RequestServices.GetRequiredService<RecordStore>(), context.Request.Path).WriteAsync(context);
}
