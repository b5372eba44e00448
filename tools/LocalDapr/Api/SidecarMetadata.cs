using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Dapr.Client.Autogen.Grpc.v1;
using ImDapr.LocalDapr.Resources;

namespace ImDapr.LocalDapr.Api;

/// <summary>What a sidecar tells of itself.</summary>
public sealed class SidecarMetadata(string appId, IReadOnlyList<ComponentSpec> components)
{
    /// <summary>The daprd whose behaviour is followed.</summary>
    public const string RuntimeVersion = "1.18.3";

    private readonly ConcurrentDictionary<string, string> _extended = new();

    public void Set(string key, string value) => _extended[key] = value;

    public GetMetadataResponse ToProto()
    {
        var response = new GetMetadataResponse { Id = appId, RuntimeVersion = RuntimeVersion };
        response.RegisteredComponents.Add(components.Select(component => new RegisteredComponents { Name = component.Name, Type = component.Type, Version = "v1" }));
        response.ExtendedMetadata.Add(_extended);
        return response;
    }

    public JsonObject ToJson() => new()
    {
        ["id"] = appId,
        ["runtimeVersion"] = RuntimeVersion,
        ["components"] = new JsonArray([.. components.Select(component => new JsonObject { ["name"] = component.Name, ["type"] = component.Type, ["version"] = "v1" })]),
        ["extended"] = new JsonObject(_extended.Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)pair.Value))),
    };
}
