using ImDapr.LocalDapr.Actors;

namespace ImDapr.UnitTests.LocalDapr.Actors;

public sealed class ActorConfigTests
{
    [Fact]
    public void An_app_without_actors_hosts_none() => Assert.Empty(ActorConfig.Parse("""{"entities":[]}"""u8).Types);

    [Fact]
    public void What_is_not_said_is_daprds_default()
    {
        var config = ActorConfig.Parse("""{"entities":["Room"]}"""u8).Types["Room"];

        Assert.Equal(new ActorTypeConfig(TimeSpan.FromMinutes(60), TimeSpan.FromSeconds(2), false, 32), config);
    }

    [Fact]
    public void A_type_has_values_of_its_own()
    {
        var config = ActorConfig.Parse("""
            {"entities":["Room","User"],"actorIdleTimeout":"0h5m0s0ms","drainOngoingCallTimeout":"0h0m10s0ms","reentrancy":{"enabled":true,"maxStackDepth":4},
             "entitiesConfig":[{"entities":["User"],"actorIdleTimeout":"0h0m30s0ms"}]}
            """u8);

        Assert.Equal(new ActorTypeConfig(TimeSpan.FromMinutes(5), TimeSpan.FromSeconds(10), true, 4), config.Types["Room"]);
        Assert.Equal(new ActorTypeConfig(TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(10), false, 32), config.Types["User"]);
    }

    [Fact]
    public void A_drain_may_take_no_longer_than_placement_waits() =>
        Assert.Equal(TimeSpan.FromSeconds(24), ActorConfig.Parse("""{"entities":["Room"],"drainOngoingCallTimeout":"5m"}"""u8).Types["Room"].DrainTimeout);

    [Fact]
    public void An_app_that_does_not_drain_cuts_calls_off_at_once() =>
        Assert.Equal(TimeSpan.Zero, ActorConfig.Parse("""{"entities":["Room"],"drainRebalancedActors":false}"""u8).Types["Room"].DrainTimeout);

    [Fact]
    public void A_value_that_is_no_duration_is_named() =>
        Assert.Contains("soon", Assert.Throws<FormatException>(() => ActorConfig.Parse("""{"entities":["Room"],"actorIdleTimeout":"soon"}"""u8)).Message);
}
