using System.Text.Json;
using Grpc.Core;
using ImDapr.DaprConformance.Systems;

namespace ImDapr.DaprConformance.Sidecars;

/// <summary>What an app finds out about its sidecar, and how much it takes.</summary>
public sealed class SidecarCases(ConformanceSystem system) : Cases(system)
{
    [Theory]
    [InlineData("state-memory", "ETAG"), InlineData("state-memory", "TRANSACTIONAL"), InlineData("state-memory", "TTL"), InlineData("state-memory", "ACTOR")]
    [InlineData("state", "ETAG"), InlineData("state", "TRANSACTIONAL"), InlineData("state", "ACTOR")]
    [Source("daprd:pkg/api/universal/metadata.go"), Source("cc:state/in-memory/in_memory.go"), Source("cc:state/redis/redis.go")]
    public async Task A_component_tells_what_it_can(string component, string capability)
    {
        var found = (await MetadataAsync(A)).GetProperty("components").EnumerateArray().Single(item => item.GetProperty("name").GetString() == component);

        Assert.Contains(capability, found.GetProperty("capabilities").EnumerateArray().Select(item => item.GetString()));
    }

    [Fact]
    [Source("daprd:pkg/api/http/metadata.go"), Source("daprd:pkg/runtime/pubsub/subscriptions.go")]
    public async Task Metadata_list_subscriptions_of_both_kinds()
    {
        var subscriptions = (await MetadataAsync(A)).GetProperty("subscriptions").EnumerateArray().ToList();

        var routed = subscriptions.Single(item => item.GetProperty("topic").GetString() == "routed");
        Assert.Equal(("pubsub", "PROGRAMMATIC"), (routed.GetProperty("pubsubname").GetString(), routed.GetProperty("type").GetString()));
        Assert.Equal(
            [("event.type == \"special\"", "/events/routed/special"), ("event.data.kind == \"important\"", "/events/routed/important")],
            routed.GetProperty("rules").EnumerateArray().Take(2).Select(rule => (rule.GetProperty("match").GetString(), $"/{rule.GetProperty("path").GetString()!.TrimStart('/')}")));
        var declared = subscriptions.Single(item => item.GetProperty("topic").GetString() == "declared");
        Assert.Equal(("DECLARATIVE", "declared-dead-letters"), (declared.GetProperty("type").GetString(), declared.GetProperty("deadLetterTopic").GetString()));
        Assert.DoesNotContain((await MetadataAsync(B)).GetProperty("subscriptions").EnumerateArray(), item => item.GetProperty("topic").GetString() == "declared");
    }

    [Fact]
    [Source("daprd:pkg/api/universal/metadata.go"), Source("dapr-contract 6")]
    public async Task Metadata_of_a_host_list_its_actor_types()
    {
        await B.SendAsync("PUT", $"/v1.0/actors/ScriptedActor/{NewKey()}/method/echo", "{}");

        var types = (await Task.WhenAll(MetadataAsync(A), MetadataAsync(A2)))
            .SelectMany(metadata => metadata.GetProperty("actorRuntime").GetProperty("activeActors").EnumerateArray()).ToList();

        Assert.Contains("CounterActor", types.Select(type => type.GetProperty("type").GetString()));
        Assert.Contains(types, type => type.GetProperty("type").GetString() == "ScriptedActor" && type.TryGetProperty("count", out var count) && count.GetInt32() > 0);
        var runtime = (await MetadataAsync(A)).GetProperty("actorRuntime");
        Assert.Equal(("RUNNING", true), (runtime.GetProperty("runtimeStatus").GetString(), runtime.GetProperty("hostReady").GetBoolean()));
    }

    [Fact]
    [Source("daprd:pkg/api/http/middlewares.go"), Source("dapr-contract 6")]
    public async Task Four_MiB_are_the_limit_of_a_save()
    {
        var (key, value) = (NewKey(), new string('x', 4 * 1024 * 1024 - 1024));
        (await A.SendAsync("POST", "/v1.0/state/state", new[] { new { key, value } })).Is(204);
        Assert.Equal(value.Length + 2, (await A.GetAsync($"/v1.0/state/state/{key}")).Is(200).Body.Length);

        try
        {
            (await A.SendAsync("POST", "/v1.0/state/state", new[] { new { key, value = value + new string('x', 2048) } })).Is(400, "ERR_MALFORMED_REQUEST");
        }
        catch (HttpRequestException)
        {
            return; // the sidecar may close the connection before everything is sent
        }
    }

    [Fact]
    [Source("daprd:pkg/api/grpc/server.go"), Source("dapr-contract 6")]
    public async Task Four_MiB_are_the_limit_over_gRPC_too() => await RefusedAsync(
        StatusCode.ResourceExhausted, () => A.Dapr.SaveByteStateAsync("state", NewKey(), new byte[4 * 1024 * 1024 + 1], cancellationToken: Token));

    private static async Task<JsonElement> MetadataAsync(AppInstance app) => (await app.GetAsync("/v1.0/metadata")).Is(200).Json;
}
