using System.Text.Json;
using ImDapr.LocalDapr.Expressions;
using ImDapr.LocalDapr.Resources;

namespace ImDapr.LocalDapr.PubSub;

/// <summary>Reads the app's answer on <c>GET /dapr/subscribe</c>; names in any case, as Go reads them.</summary>
internal static class SubscriptionAnswer
{
    /// <exception cref="ResourceException">It is no list of subscriptions, or a rule is no expression.</exception>
    public static IReadOnlyList<Subscription> Read(string appId, ReadOnlySpan<byte> json)
    {
        if (json.IsEmpty)
            return [];
        try
        {
            var answer = JsonElement.Parse(json);
            return answer.ValueKind == JsonValueKind.Null ? [] : [.. answer.EnumerateArray().Select(item => ReadOne(appId, item))];
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            throw new ResourceException($"{appId}: the app's answer on /dapr/subscribe is no list of subscriptions: {exception.Message}", exception);
        }
    }

    private static Subscription ReadOne(string appId, JsonElement item)
    {
        var topic = Text(item, "topic") ?? "";
        var metadata = Find(item, "metadata")?.EnumerateObject().ToDictionary(pair => pair.Name, pair => pair.Value.GetString() ?? "");
        return new Subscription(Text(item, "pubsubname") ?? "", topic, Rules(appId, topic, item), Text(item, "deadLetterTopic"), metadata, Bulk(item));
    }

    private static List<RoutingRule> Rules(string appId, string topic, JsonElement item)
    {
        var routes = Find(item, "routes");
        var rules = new List<RoutingRule>();
        foreach (var rule in routes is { } map && Find(map, "rules") is { } list ? list.EnumerateArray().ToList() : [])
        {
            try
            {
                rules.Add(Rule(Text(rule, "match"), Text(rule, "path") ?? ""));
            }
            catch (FormatException exception)
            {
                throw new ResourceException($"{appId}: a rule of the subscription to '{topic}' is no expression: {exception.Message}", exception);
            }
        }
        var otherwise = (routes is { } named ? Text(named, "default") : null) ?? Text(item, "route");
        if (otherwise is not null)
            rules.Add(new RoutingRule(null, otherwise.TrimStart('/')));
        return rules;
    }

    /// <exception cref="FormatException">The match is no expression.</exception>
    public static RoutingRule Rule(string? match, string path) =>
        new(string.IsNullOrWhiteSpace(match) ? null : CelExpression.Compile(match.Trim()), path.TrimStart('/'));

    private static BulkOptions? Bulk(JsonElement item) =>
        Find(item, "bulkSubscribe") is { } bulk && Find(bulk, "enabled") is { ValueKind: JsonValueKind.True }
            ? BulkOptions.Of(Find(bulk, "maxMessagesCount")?.GetInt32(), Find(bulk, "maxAwaitDurationMs")?.GetInt32())
            : null;

    private static string? Text(JsonElement item, string name) => Find(item, name)?.GetString() is { Length: > 0 } text ? text : null;

    private static JsonElement? Find(JsonElement item, string name)
    {
        foreach (var property in item.EnumerateObject())
        {
            if (property.Name.Equals(name, StringComparison.OrdinalIgnoreCase) && property.Value.ValueKind != JsonValueKind.Null)
                return property.Value;
        }
        return null;
    }
}
