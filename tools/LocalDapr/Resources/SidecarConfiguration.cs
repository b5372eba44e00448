using ImDapr.LocalDapr.Secrets;

namespace ImDapr.LocalDapr.Resources;

/// <summary>The Configuration file of one sidecar (<c>configFilePath</c>), the parts that a local run can honour (dapr-contract 7.4).</summary>
/// <param name="Features">Names of enabled preview features, for example <c>ActorStateTTL</c>.</param>
/// <param name="SecretScopes">Which secrets of a store the app may have, by store.</param>
/// <param name="IsTracing">False only for <c>samplingRate: "0"</c>: then deliveries carry no span of the sidecar.</param>
public sealed record SidecarConfiguration(IReadOnlySet<string> Features, IReadOnlyDictionary<string, SecretScope> SecretScopes, bool IsTracing)
{
    public static readonly SidecarConfiguration Default = new(new HashSet<string>(), new Dictionary<string, SecretScope>(), true);

    // What only concerns how daprd reports of itself, or how it talks to other parts of Dapr.
    private static readonly string[] WithoutEffect = ["metrics", "metric", "mtls", "logging", "workflow"];

    private static readonly string[] TracingWithoutEffect = ["stdout", "zipkin", "otel"];

    // What would let calls through, or keep them out, or change them.
    private static readonly string[] Refused = ["accessControl", "httpPipeline", "appHttpPipeline", "nameResolution", "api", "components"];

    public const string ActorStateTtl = "ActorStateTTL";

    /// <param name="path">The file.</param>
    /// <param name="warn">Gets what is in it without effect, with its place.</param>
    /// <exception cref="ResourceException">Something in it would change behaviour and is not supported, or cannot be read.</exception>
    public static SidecarConfiguration Read(string path, Action<string> warn)
    {
        if (!File.Exists(path))
            throw new ResourceException($"{path}: there is no such configuration file");
        var configuration = Default;
        foreach (var document in YamlMap.Load(path).Where(document => document.Text("kind") == "Configuration"))
        {
            if (document.Map("spec") is { } spec)
                configuration = Read(spec, warn);
        }
        return configuration;
    }

    private static SidecarConfiguration Read(YamlMap spec, Action<string> warn)
    {
        spec.Expect([.. WithoutEffect, .. Refused, "features", "secrets", "tracing"]);
        spec.Map("tracing")?.Expect([.. TracingWithoutEffect, "samplingRate"]);
        foreach (var name in Refused.Where(name => spec.Find(name) is not null))
            throw spec.Wrong(name, "is not supported by LocalDapr");
        foreach (var name in WithoutEffect.Where(name => spec.Find(name) is not null))
            warn($"{spec.PlaceOf(name)}: '{name}' has no effect in LocalDapr");
        foreach (var name in TracingWithoutEffect.Where(name => spec.Map("tracing")?.Find(name) is not null))
            warn($"{spec.Map("tracing")!.PlaceOf(name)}: 'tracing.{name}' has no effect in LocalDapr: traces are passed on and not exported");
        var features = spec.Maps("features").Where(feature => feature.Flag("enabled")).ToList();
        foreach (var feature in features.Where(feature => feature.Required("name") != ActorStateTtl))
            warn($"{feature.Place}: feature '{feature.Text("name")}' has no effect in LocalDapr");
        var scopes = spec.Map("secrets")?.Maps("scopes") ?? [];
        var rate = spec.Map("tracing")?.Text("samplingRate");
        return new SidecarConfiguration(
            features.Select(feature => feature.Required("name")).ToHashSet(), scopes.ToDictionary(scope => scope.Required("storeName"), SecretScope.Read),
            !double.TryParse(rate, System.Globalization.CultureInfo.InvariantCulture, out var sampled) || sampled != 0);
    }
}
