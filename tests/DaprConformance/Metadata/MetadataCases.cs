using System.Text.Json;
using ImDapr.DaprConformance.Systems;

namespace ImDapr.DaprConformance.Metadata;

/// <summary>What a sidecar tells of itself, and its health.</summary>
[Source("daprd:pkg/api/universal/metadata.go"), Source("dapr-contract 6")]
public sealed class MetadataCases(ConformanceSystem system) : Cases(system)
{
    [Fact]
    public async Task It_names_its_app_over_both_APIs()
    {
        Assert.Equal("conf-b", (await MetadataAsync(B)).GetProperty("id").GetString());
        Assert.Equal("conf-b", (await B.Dapr.GetMetadataAsync(Token)).Id);
    }

    [Fact]
    public async Task It_names_its_version_twice()
    {
        var metadata = await MetadataAsync(A);

        Assert.Equal(metadata.GetProperty("runtimeVersion").GetString(), metadata.GetProperty("extended").GetProperty("daprRuntimeVersion").GetString());
    }

    [Theory]
    [InlineData("state"), InlineData("pubsub"), InlineData("sql"), InlineData("web"), InlineData("secrets-file")]
    public async Task It_lists_its_components(string name)
    {
        var component = (await MetadataAsync(A)).GetProperty("components").EnumerateArray().Single(item => item.GetProperty("name").GetString() == name);

        Assert.Equal(System.TypeOf(name), component.GetProperty("type").GetString());
        Assert.Equal("v1", component.GetProperty("version").GetString());
        Assert.Contains((await A.Dapr.GetMetadataAsync(Token)).Components, item => item.Name == name);
    }

    [Theory]
    [InlineData("ETAG"), InlineData("TRANSACTIONAL"), InlineData("ACTOR")]
    public async Task It_says_what_a_store_can(string capability)
    {
        var store = (await MetadataAsync(A)).GetProperty("components").EnumerateArray().Single(item => item.GetProperty("name").GetString() == "state");

        Assert.Contains(capability, store.GetProperty("capabilities").EnumerateArray().Select(item => item.GetString()));
    }

    [Theory]
    [InlineData("CounterActor"), InlineData("ScriptedActor")]
    public async Task It_counts_actors_by_type(string type)
    {
        var actors = await A.Dapr.GetMetadataAsync(Token);
        var http = (await MetadataAsync(A)).GetProperty("actorRuntime");

        Assert.Equal("RUNNING", http.GetProperty("runtimeStatus").GetString());
        Assert.True(http.GetProperty("hostReady").GetBoolean());
        Assert.Contains(type, http.GetProperty("activeActors").EnumerateArray().Select(item => item.GetProperty("type").GetString()));
        Assert.Equal("conf-a", actors.Id);
    }

    [Fact]
    public async Task It_lists_subscriptions_of_both_kinds()
    {
        var subscriptions = (await MetadataAsync(A)).GetProperty("subscriptions").EnumerateArray().ToList();

        var declared = subscriptions.Single(item => item.GetProperty("topic").GetString() == "declared");
        Assert.Equal(("DECLARATIVE", "declared-dead-letters"), (declared.GetProperty("type").GetString(), declared.GetProperty("deadLetterTopic").GetString()));
        Assert.Equal("event.data.kind == \"important\"", declared.GetProperty("rules")[0].GetProperty("match").GetString());
        Assert.Contains(subscriptions, item => item.GetProperty("type").GetString() == "PROGRAMMATIC");
        Assert.DoesNotContain(
            (await MetadataAsync(B)).GetProperty("subscriptions").EnumerateArray(), item => item.GetProperty("type").GetString() == "DECLARATIVE");
    }

    [Fact]
    public async Task It_says_how_it_reaches_the_app()
    {
        var connection = (await MetadataAsync(A)).GetProperty("appConnectionProperties");

        Assert.Equal((A.Port, "http", "127.0.0.1"), (
            connection.GetProperty("port").GetInt32(), connection.GetProperty("protocol").GetString(), connection.GetProperty("channelAddress").GetString()));
    }

    [Fact]
    public async Task An_app_may_add_to_it_over_both_APIs()
    {
        var (first, second) = (NewKey(), NewKey());

        (await A.SendAsync("PUT", $"/v1.0/metadata/{first}", "over HTTP", "text/plain")).Is(204);
        await A.Dapr.SetMetadataAsync(second, "over gRPC", Token);

        var extended = (await MetadataAsync(A)).GetProperty("extended");
        Assert.Equal("over HTTP", extended.GetProperty(first).GetString());
        Assert.Equal("over gRPC", extended.GetProperty(second).GetString());
    }

    [Theory]
    [InlineData("/v1.0/healthz"), InlineData("/v1.0/healthz/outbound"), InlineData("/v1.0/healthz?appid=conf-a")]
    [Source("daprd:pkg/api/http/healthz.go")]
    public async Task It_is_healthy(string path) => Assert.Equal("", (await A.GetAsync(path)).Is(204).Body);

    [Fact]
    [Source("daprd:pkg/api/http/healthz.go")]
    public async Task It_is_not_the_health_of_another_app() => (await A.GetAsync("/v1.0/healthz?appid=conf-b")).Is(500, "ERR_HEALTH_APPID_NOT_MATCH");

    [Fact]
    [Source("SDK:Dapr.Client.DaprClient")]
    public async Task The_SDK_finds_it_healthy()
    {
        Assert.True(await A.Dapr.CheckHealthAsync(Token));
        Assert.True(await A.Dapr.CheckOutboundHealthAsync(Token));
        await A.Dapr.WaitForSidecarAsync(Token);
    }

    private static async Task<JsonElement> MetadataAsync(AppInstance app) => (await app.GetAsync("/v1.0/metadata")).Is(200).Json;
}
