using ImDapr.DaprConformance.Systems;

namespace ImDapr.DaprConformance.Durability;

/// <summary>A system that is killed, as a whole or in part.</summary>
public sealed class CrashSystem(ConformanceSystem main) : SecondSystem(main, "crash");

/// <summary>Cases on it; one collection, so that nobody is killed in the middle of another one's case.</summary>
[CollectionDefinition(Name)]
public sealed class CrashCollection : ICollectionFixture<CrashSystem>
{
    public const string Name = "Crash";
}
