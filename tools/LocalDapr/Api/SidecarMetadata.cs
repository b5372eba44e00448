using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Dapr.Client.Autogen.Grpc.v1;
using ImDapr.LocalDapr.Hosting;
using ImDapr.LocalDapr.PubSub;
using ImDapr.LocalDapr.Resources;
using ActorRuntime = ImDapr.LocalDapr.Actors.ActorRuntime;
using ActorRuntimeProto = Dapr.Client.Autogen.Grpc.v1.ActorRuntime;

namespace ImDapr.LocalDapr.Api;

/// <summary>What a sidecar tells of itself.</summary>
public sealed class SidecarMetadata(
    SidecarOptions options, SidecarConfiguration configuration, ActorRuntime actors, IReadOnlyList<string> resiliencies, IReadOnlyList<ComponentSpec> components)
{
    /// <summary>The daprd whose behaviour is followed.</summary>
    public const string RuntimeVersion = "1.18.3";

    private readonly ConcurrentDictionary<string, string> _extended = new() { ["daprRuntimeVersion"] = RuntimeVersion };

    /// <summary>Those that are delivered now; replaced as a whole.</summary>
    public IReadOnlyList<Subscription> Subscriptions { get; set; } = [];

    public void Set(string key, string value)
    {
        if (key.Length > 0)
            _extended[key] = value;
    }

    public GetMetadataResponse ToProto()
    {
        var response = new GetMetadataResponse
        {
            Id = options.AppId,
            RuntimeVersion = RuntimeVersion,
            AppConnectionProperties = Connection(),
            ActorRuntime = Actors(),
        };
        response.EnabledFeatures.Add(configuration.Features);
        response.ExtendedMetadata.Add(_extended);
        response.RegisteredComponents.Add(components.Select(Component));
        response.Subscriptions.Add(Subscriptions.Select(SubscriptionOf));
        response.Resiliencies.Add(resiliencies.Select(name => new MetadataResiliency { Name = name }));
        return response;
    }

    /// <summary>As daprd's HTTP API says it: what is empty is left out, rules are a plain list.</summary>
    public JsonObject ToJson()
    {
        var proto = ToProto();
        var json = new JsonObject { ["id"] = proto.Id, ["runtimeVersion"] = RuntimeVersion };
        AddList(json, "enabledFeatures", proto.EnabledFeatures.Select(feature => (JsonNode)feature));
        AddList(json, "actors", proto.ActorRuntime.ActiveActors.Select(CountOf));
        AddList(json, "components", proto.RegisteredComponents.Select(component => new JsonObject
        {
            ["name"] = component.Name,
            ["type"] = component.Type,
            ["version"] = component.Version,
            ["capabilities"] = new JsonArray([.. component.Capabilities.Select(capability => (JsonNode)capability)]),
        }));
        json["extended"] = new JsonObject(_extended.Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)pair.Value)));
        AddList(json, "subscriptions", proto.Subscriptions.Select(JsonOf));
        json["appConnectionProperties"] = JsonOf(proto.AppConnectionProperties);
        var runtime = new JsonObject { ["runtimeStatus"] = proto.ActorRuntime.RuntimeStatus.ToString().ToUpperInvariant() };
        AddList(runtime, "activeActors", proto.ActorRuntime.ActiveActors.Select(CountOf));
        runtime["hostReady"] = proto.ActorRuntime.HostReady;
        runtime["placement"] = proto.ActorRuntime.Placement;
        json["actorRuntime"] = runtime;
        AddList(json, "resiliencies", resiliencies.Select(name => new JsonObject { ["name"] = name }));
        return json;
    }

    private AppConnectionProperties Connection()
    {
        var connection = new AppConnectionProperties
        {
            Port = options.AppPort,
            Protocol = "http",
            ChannelAddress = "127.0.0.1",
            MaxConcurrency = options.AppMaxConcurrency,
        };
        if (options.AppHealth is { } health)
        {
            connection.Health = new AppConnectionHealthProperties
            {
                HealthCheckPath = health.Path,
                HealthProbeInterval = GoDuration.Format(health.Interval),
                HealthProbeTimeout = GoDuration.Format(health.Timeout),
                HealthThreshold = health.Threshold,
            };
        }
        return connection;
    }

    private ActorRuntimeProto Actors()
    {
        var counts = actors.ActiveActors();
        var runtime = new ActorRuntimeProto
        {
            RuntimeStatus = ActorRuntimeProto.Types.ActorRuntimeStatus.Running,
            HostReady = counts.Count > 0,
            Placement = "placement: connected",
        };
        runtime.ActiveActors.Add(counts.Select(count => new ActiveActorsCount { Type = count.Key, Count = count.Value }));
        return runtime;
    }

    private static RegisteredComponents Component(ComponentSpec spec)
    {
        var component = new RegisteredComponents { Name = spec.Name, Type = spec.Type, Version = spec.Version };
        component.Capabilities.Add(spec.Type.Split('.')[0] switch
        {
            "state" => ["ETAG", "TRANSACTIONAL", "TTL", "ACTOR"],
            "bindings" => ["OUTPUT_BINDING"],
            _ => (string[])[],
        });
        return component;
    }

    private static PubsubSubscription SubscriptionOf(Subscription subscription)
    {
        var proto = new PubsubSubscription
        {
            PubsubName = subscription.PubSub,
            Topic = subscription.Topic,
            DeadLetterTopic = subscription.DeadLetterTopic ?? "",
            Type = subscription.IsDeclared ? PubsubSubscriptionType.Declarative : PubsubSubscriptionType.Programmatic,
            Rules = new PubsubSubscriptionRules(),
        };
        proto.Metadata.Add(subscription.Metadata.ToDictionary());
        proto.Rules.Rules.Add(subscription.Rules.Select(rule => new PubsubSubscriptionRule { Match = rule.Match?.Text ?? "", Path = $"/{rule.Path}" }));
        return proto;
    }

    private static JsonObject JsonOf(PubsubSubscription subscription)
    {
        var json = new JsonObject { ["pubsubname"] = subscription.PubsubName, ["topic"] = subscription.Topic };
        if (subscription.Metadata.Count > 0)
            json["metadata"] = new JsonObject(subscription.Metadata.Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)pair.Value)));
        AddList(json, "rules", subscription.Rules.Rules.Select(rule => rule.Match.Length == 0
            ? new JsonObject { ["path"] = rule.Path }
            : new JsonObject { ["match"] = rule.Match, ["path"] = rule.Path }));
        json["deadLetterTopic"] = subscription.DeadLetterTopic;
        json["type"] = subscription.Type.ToString().ToUpperInvariant();
        return json;
    }

    private static JsonObject JsonOf(AppConnectionProperties connection)
    {
        var json = new JsonObject
        {
            ["port"] = connection.Port,
            ["protocol"] = connection.Protocol,
            ["channelAddress"] = connection.ChannelAddress,
            ["maxConcurrency"] = connection.MaxConcurrency,
        };
        if (connection.Health is { } health)
        {
            json["health"] = new JsonObject
            {
                ["healthCheckPath"] = health.HealthCheckPath,
                ["healthProbeInterval"] = health.HealthProbeInterval,
                ["healthProbeTimeout"] = health.HealthProbeTimeout,
                ["healthThreshold"] = health.HealthThreshold,
            };
        }
        return json;
    }

    private static JsonObject CountOf(ActiveActorsCount count) =>
        count.Count == 0 ? new JsonObject { ["type"] = count.Type } : new JsonObject { ["type"] = count.Type, ["count"] = count.Count };

    private static void AddList(JsonObject json, string name, IEnumerable<JsonNode> items)
    {
        var list = new JsonArray([.. items]);
        if (list.Count > 0)
            json[name] = list;
    }
}
