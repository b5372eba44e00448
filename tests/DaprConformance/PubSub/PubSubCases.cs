using System.Text.Json;
using ImDapr.DaprConformance.Systems;

namespace ImDapr.DaprConformance.PubSub;

/// <summary>Cases of publishing; conf-b is the publisher where nothing else is said.</summary>
public abstract class PubSubCases(ConformanceSystem system) : Cases(system)
{
    public const string Sdk = "SDK";
    public const string Http = "HTTP";

    public static TheoryData<string> Apis { get; } = [Sdk, Http];

    /// <summary>An event's data: its key, what the app is to answer attempt by attempt, and whatever a rule may look at.</summary>
    protected static Dictionary<string, object> Event(string key, params string[] answers)
    {
        var data = new Dictionary<string, object> { ["key"] = key, ["kind"] = "usual", ["size"] = 1, ["name"] = "n" };
        if (answers.Length > 0)
            data["answers"] = answers;
        return data;
    }

    protected Task PublishAsync(string pubSub, string topic, object data, Dictionary<string, string>? metadata = null, string api = Sdk, AppInstance? from = null)
    {
        var app = from ?? B;
        return api == Sdk
            ? app.Dapr.PublishEventAsync(pubSub, topic, data, metadata ?? [], Token)
            : PublishAsync(app, pubSub, topic, JsonSerializer.Serialize(data), "application/json", metadata);
    }

    protected static async Task PublishAsync(
        AppInstance app, string pubSub, string topic, object body, string contentType, Dictionary<string, string>? metadata = null, params (string, string)[] headers)
    {
        var query = string.Join('&', (metadata ?? []).Select(pair => $"metadata.{pair.Key}={Uri.EscapeDataString(pair.Value)}"));
        (await app.SendAsync("POST", $"/v1.0/publish/{pubSub}/{topic}?{query}", body, contentType, headers)).Is(204);
    }

    protected static Func<Recorded, bool> On(string route) => record => record.Path == $"/events/{route}";
}
