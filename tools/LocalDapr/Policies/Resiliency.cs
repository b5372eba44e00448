using System.Collections.Concurrent;

namespace ImDapr.LocalDapr.Policies;

/// <summary>Names of the policies of one target; null where there is none.</summary>
internal sealed record PolicyNames(string? Timeout, string? Retry, string? Breaker, bool BreakerPerActor = false, int BreakerCapacity = 0);

/// <summary>The Resiliency files of one sidecar: policies by name, and which target uses which (dapr-contract 7.3).</summary>
/// <remarks>A target that is named in a file gets what is written there and nothing else; only others get policies with a default's name.</remarks>
public sealed class Resiliency(TimeProvider time)
{
    private const int AppBreakers = 100;
    private const int ActorBreakers = 5000;

    private readonly ConcurrentDictionary<string, CircuitBreakerCache> _breakers = new();

    internal Dictionary<string, RetryPolicy> Retries { get; } = [];

    internal Dictionary<string, TimeSpan> Timeouts { get; } = [];

    internal Dictionary<string, CircuitBreakerSettings> Breakers { get; } = [];

    internal Dictionary<string, PolicyNames> Apps { get; } = [];

    internal Dictionary<string, PolicyNames> Actors { get; } = [];

    internal Dictionary<string, (PolicyNames Inbound, PolicyNames Outbound)> Components { get; } = [];

    /// <summary>Names of the files' resources, for the metadata API.</summary>
    public List<string> Names { get; } = [];

    /// <summary>The policy of a component.</summary>
    /// <param name="name">Component name.</param>
    /// <param name="kind"><c>Pubsub</c>, <c>Statestore</c>, <c>Binding</c> or <c>Secretstore</c>.</param>
    /// <param name="direction"><c>Inbound</c> or <c>Outbound</c>.</param>
    public ResiliencyPolicy ForComponent(string name, string kind, string direction)
    {
        var names = Components.TryGetValue(name, out var named)
            ? (direction == "Inbound" ? named.Inbound : named.Outbound)
            : Default($"{kind}Component{direction}", $"Component{direction}", "Component");
        return Policy(names, $"component/{name}", name, 1);
    }

    /// <summary>The policy for calls of a method of an app.</summary>
    public ResiliencyPolicy ForApp(string appId, string method) =>
        Policy(Apps.GetValueOrDefault(appId) ?? Default("App"), $"app/{appId}", method, AppBreakers);

    /// <summary>Whether a file names this type: then the built-in retries are off.</summary>
    public bool CoversActor(string type) => Actors.ContainsKey(type);

    /// <summary>Retry and breaker of an actor: around the wait for its turn.</summary>
    public ResiliencyPolicy ForActorTurn(string type, string id)
    {
        var names = Actors.GetValueOrDefault(type) ?? Default("Actor");
        return Policy(names with { Timeout = null }, $"actor/{type}", names.BreakerPerActor ? $"{type}-{id}" : type, ActorBreakers);
    }

    /// <summary>How long an actor's app may take, once it is the call's turn; null: as long as it likes.</summary>
    public TimeSpan? ActorTimeout(string type) => (Actors.GetValueOrDefault(type) ?? Default("Actor")).Timeout is { } name ? Timeouts[name] : null;

    private PolicyNames Default(params ReadOnlySpan<string> levels) => new(
        Find(Timeouts, "TimeoutPolicy", levels), Find(Retries, "RetryPolicy", levels), Find(Breakers, "CircuitBreakerPolicy", levels));

    private static string? Find<T>(Dictionary<string, T> policies, string suffix, ReadOnlySpan<string> levels)
    {
        foreach (var level in levels)
        {
            if (policies.ContainsKey($"Default{level}{suffix}"))
                return $"Default{level}{suffix}";
        }
        return policies.ContainsKey($"Default{suffix}") ? $"Default{suffix}" : null;
    }

    private ResiliencyPolicy Policy(PolicyNames names, string target, string key, int capacity)
    {
        if (names is { Timeout: null, Retry: null, Breaker: null })
            return ResiliencyPolicy.None;
        var breaker = names.Breaker is not { } breakerName ? null : _breakers.GetOrAdd(
            target, _ => new CircuitBreakerCache(Breakers[breakerName], names.BreakerCapacity > 0 ? names.BreakerCapacity : capacity, time)).Get(key);
        return new ResiliencyPolicy(
            names.Retry is null ? null : Retries[names.Retry], names.Timeout is null ? null : Timeouts[names.Timeout], breaker);
    }
}
