using ImDapr.DaprConformance.Systems;

namespace ImDapr.DaprConformance.Guarded;

/// <summary>A system with tokens, a Configuration, and health checks of its apps.</summary>
public sealed class GuardedSystem(ConformanceSystem main) : SecondSystem(main, "guarded", new Dictionary<string, string>
{
    ["DAPR_API_TOKEN"] = SidecarToken,
    ["APP_API_TOKEN"] = AppToken,
})
{
    public const string SidecarToken = "the sidecar's token";
    public const string AppToken = "the app's token";
}

/// <summary>Cases on it; one collection, so that it is started once and nobody's health is another one's surprise.</summary>
[CollectionDefinition(Name)]
public sealed class GuardedCollection : ICollectionFixture<GuardedSystem>
{
    public const string Name = "Guarded";
}

public abstract class GuardedCases(ConformanceSystem main, GuardedSystem system) : Cases(main)
{
    protected GuardedSystem Guarded => system;

    protected override IEnumerable<AppInstance> Instances(string appId) => system.Instances(appId);
}
