using ImDapr.DaprConformance.Systems;

namespace ImDapr.DaprConformance.State;

/// <summary>Cases of the state API, each over both transports.</summary>
public abstract class StateCases(ConformanceSystem system) : Cases(system)
{
    public const string Sdk = "SDK";
    public const string Http = "HTTP";

    /// <summary>One of each type of store, over each transport.</summary>
    public static MatrixTheoryData<string, string> StoresAndApis { get; } = new(["state", "state-mysql", "state-memory"], [Sdk, Http]);

    protected IStateApi Api(string name, AppInstance? app = null) => name == Sdk ? new SdkStateApi(app ?? A) : new HttpStateApi(app ?? A);

    protected bool IsRedis(string store) => System.TypeOf(store) == "state.redis";
}
