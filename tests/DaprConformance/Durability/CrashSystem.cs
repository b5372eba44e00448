using ImDapr.DaprConformance.Systems;

namespace ImDapr.DaprConformance.Durability;

/// <summary>A system that is killed.</summary>
public sealed class CrashSystem(ConformanceSystem main) : SecondSystem(main, "crash");
