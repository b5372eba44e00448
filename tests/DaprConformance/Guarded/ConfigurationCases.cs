using Grpc.Core;
using ImDapr.DaprConformance.Systems;
using ImDapr.DaprConformanceApp.Actors;

namespace ImDapr.DaprConformance.Guarded;

/// <summary>What a Configuration turns on and off.</summary>
[Collection(GuardedCollection.Name)]
public sealed class ConfigurationCases(ConformanceSystem main, GuardedSystem system) : GuardedCases(main, system)
{
    [Fact]
    [Source("daprd:pkg/actors/state/state.go"), Source("dapr-contract 5.4")]
    public async Task With_the_feature_an_actors_value_may_have_a_time_to_live()
    {
        SecondSystem.SkipWhenForeign();
        var id = NewKey();

        await Guarded.B.Actor<ICounterActor>(id, "CounterActor").SetExpiringAsync(1);

        await UntilAsync(() => Guarded.A.GetAsync($"/v1.0/actors/CounterActor/{id}/state/text"), answer => answer.Status == 204);
    }

    [Fact]
    [Source("daprd:pkg/api/universal/secrets.go"), Source("dapr-contract 7.4")]
    public async Task A_secret_may_be_denied()
    {
        SecondSystem.SkipWhenForeign();

        (await Guarded.A.GetAsync("/v1.0/secrets/secrets-file/plain")).Is(403, "ERR_PERMISSION_DENIED");
        await RefusedAsync(StatusCode.PermissionDenied, () => Guarded.A.Dapr.GetSecretAsync("secrets-file", "plain", cancellationToken: Token));
        var all = (await Guarded.A.GetAsync("/v1.0/secrets/secrets-file/bulk")).Is(200).Json;
        Assert.False(all.TryGetProperty("plain", out _));
        Assert.True(all.TryGetProperty("prefix", out _));
    }

    [Fact]
    [Source("daprd:pkg/api/http/metadata.go"), Source("dapr-contract 6")]
    public async Task Metadata_name_features_and_health_checks()
    {
        SecondSystem.SkipWhenForeign();

        var metadata = (await Guarded.A.GetAsync("/v1.0/metadata")).Is(200).Json;

        Assert.Contains("ActorStateTTL", metadata.GetProperty("enabledFeatures").EnumerateArray().Select(feature => feature.GetString()));
        var health = metadata.GetProperty("appConnectionProperties").GetProperty("health");
        Assert.Equal(("/conformance-health", "1s"), (health.GetProperty("healthCheckPath").GetString(), health.GetProperty("healthProbeInterval").GetString()));
        Assert.Equal(("500ms", 2), (health.GetProperty("healthProbeTimeout").GetString(), health.GetProperty("healthThreshold").GetInt32()));
    }
}
