using ImDapr.LocalDapr.Invocation;

namespace ImDapr.LocalDapr.Hosting;

/// <summary>One app instance and the sidecar beside it: what the flags of daprd say.</summary>
/// <param name="AppId">App id; instances of one app share it.</param>
/// <param name="AppPort">Port on which the app listens, HTTP on loopback.</param>
/// <param name="ResourcesPaths">Folders of components, subscriptions and resiliency files.</param>
public sealed record SidecarOptions(string AppId, int AppPort, IReadOnlyList<string> ResourcesPaths)
{
    // daprd's default for both APIs.
    public const int DefaultMaxBodyBytes = 4 * 1024 * 1024;

    /// <summary>Port of the HTTP API; 0: a free one.</summary>
    public int HttpPort { get; init; }

    /// <summary>Port of the gRPC API; 0: a free one.</summary>
    public int GrpcPort { get; init; }

    /// <summary>The Configuration file; null: none.</summary>
    public string? ConfigurationFile { get; init; }

    /// <summary>Folder against which relative paths in components are resolved.</summary>
    public string WorkingFolder { get; init; } = Directory.GetCurrentDirectory();

    /// <summary>Environment of the sidecar on top of that of the process: <c>envRef</c>, <c>DAPR_API_TOKEN</c>, <c>APP_API_TOKEN</c>.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>Health checks of the app; null: none, it counts as healthy while it is connected.</summary>
    public AppHealthOptions? AppHealth { get; init; }

    /// <summary>Calls to the app at a time; 0 or less: as many as come.</summary>
    public int AppMaxConcurrency { get; init; } = -1;

    /// <summary>Largest body that both APIs take, in bytes.</summary>
    public int MaxBodyBytes { get; init; } = DefaultMaxBodyBytes;

    internal string? Variable(string name) =>
        (Environment.GetValueOrDefault(name) ?? System.Environment.GetEnvironmentVariable(name)) is { Length: > 0 } value ? value : null;
}
