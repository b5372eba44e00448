using System.Text.Json;
using ImDapr.LocalDapr.Resources;

namespace ImDapr.LocalDapr.PubSub;

/// <summary>What an app wants delivered where.</summary>
public sealed record Subscription(string PubSub, string Topic, string Route, string? DeadLetterTopic, IReadOnlyDictionary<string, string> Metadata)
{
    /// <summary>The answer of the app's <c>/dapr/subscribe</c>; names in any case, routes with or without a leading slash.</summary>
    /// <exception cref="ResourceException">Something that LocalDapr does not support and that would change behaviour.</exception>
    public static IReadOnlyList<Subscription> Read(string appId, JsonElement answer) =>
        [.. answer.EnumerateArray().Select(item => ReadOne(appId, item))];

    private static Subscription ReadOne(string appId, JsonElement item)
    {
        var topic = Find(item, "topic")?.GetString() ?? "";
        if (Find(item, "bulkSubscribe") is { } bulk && Find(bulk, "enabled") is { ValueKind: JsonValueKind.True })
            throw new ResourceException($"{appId}: bulk subscription to '{topic}' is not supported by LocalDapr");
        var routes = Find(item, "routes");
        if (routes is { } map && Find(map, "rules") is { ValueKind: JsonValueKind.Array } rules && rules.GetArrayLength() > 0)
            throw new ResourceException($"{appId}: routing rules of '{topic}' are not supported by LocalDapr");
        var route = Find(item, "route")?.GetString() ?? (routes is { } named ? Find(named, "default")?.GetString() : null) ?? "";
        var metadata = Find(item, "metadata")?.EnumerateObject().ToDictionary(pair => pair.Name, pair => pair.Value.ToString()) ?? [];
        return new Subscription(Find(item, "pubsubname")?.GetString() ?? "", topic, route.TrimStart('/'), Find(item, "deadLetterTopic")?.GetString(), metadata);
    }

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
