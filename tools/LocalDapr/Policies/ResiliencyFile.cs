using ImDapr.LocalDapr.Expressions;
using ImDapr.LocalDapr.Resources;

namespace ImDapr.LocalDapr.Policies;

/// <summary>Reads <c>kind: Resiliency</c>. Where daprd would log an error and go on without a policy, this refuses, with file and line.</summary>
internal sealed partial class ResiliencyFile(Resiliency resiliency, ILogger logger)
{
    private const string Protected = "DaprBuiltInActorNotFoundRetries";
    private const string WithoutOccasion = "DaprBuiltInServiceRetries";
    private static readonly string[] BuiltIn = ["DaprBuiltInActorRetries", "DaprBuiltInActorReminderRetries", "DaprBuiltInInitializationRetries"];

    /// <param name="specs">The specs that are in scope.</param>
    /// <param name="time">Clock of the circuit breakers.</param>
    /// <param name="logger">For what has no effect.</param>
    /// <exception cref="ResourceException">A value that cannot be read, or the name of a policy that is not there.</exception>
    public static Resiliency Read(IEnumerable<(string Name, YamlMap Spec)> specs, TimeProvider time, ILogger logger)
    {
        var resiliency = new Resiliency(time);
        var file = new ResiliencyFile(resiliency, logger);
        var all = specs.ToList();
        // All policies first: a target may use those of another file.
        foreach (var (name, spec) in all)
        {
            resiliency.Names.Add(name);
            spec.Expect("policies", "targets");
            if (spec.Map("policies") is { } policies)
                file.ReadPolicies(policies);
        }
        foreach (var (_, spec) in all)
        {
            if (spec.Map("targets") is { } targets)
                file.ReadTargets(targets);
        }
        return resiliency;
    }

    private void ReadPolicies(YamlMap policies)
    {
        policies.Expect("timeouts", "retries", "circuitBreakers");
        foreach (var (name, _, _) in policies.Map("timeouts")?.Entries() ?? [])
            resiliency.Timeouts[name] = policies.Map("timeouts")!.Duration(name);
        foreach (var (name, map) in Maps(policies, "retries"))
            ReadRetry(name, map);
        foreach (var (name, map) in Maps(policies, "circuitBreakers"))
            resiliency.Breakers[name] = ReadBreaker(map);
    }

    private void ReadRetry(string name, YamlMap map)
    {
        var retry = Retry(map);
        if (name == Protected)
        {
            LogProtected(map.Place, name);
            return;
        }
        if (BuiltIn.Contains(name))
            throw map.Wrong($"overriding '{name}' is not supported by LocalDapr");
        if (name == WithoutOccasion)
            LogWithoutOccasion(map.Place, name);
        resiliency.Retries[name] = retry;
    }

    private static RetryPolicy Retry(YamlMap map)
    {
        map.Expect("policy", "duration", "maxInterval", "maxRetries", "matching");
        var exponential = map.Text("policy") switch
        {
            "exponential" => true,
            "constant" or null => false,
            var other => throw map.Wrong($"'policy' is constant or exponential, not '{other}'"),
        };
        var matching = map.Map("matching");
        matching?.Expect("httpStatusCodes", "gRPCStatusCodes");
        return new RetryPolicy(
            exponential, map.Duration("duration", TimeSpan.FromSeconds(5)), map.Duration("maxInterval", TimeSpan.FromSeconds(60)),
            map.Number("maxRetries") ?? -1, Codes(matching, "httpStatusCodes", 100, 599), Codes(matching, "gRPCStatusCodes", 0, 16));
    }

    private static StatusCodeRanges? Codes(YamlMap? matching, string name, int least, int most)
    {
        if (matching?.Text(name) is not { Length: > 0 } text)
            return null;
        try
        {
            return new StatusCodeRanges(text, least, most);
        }
        catch (FormatException exception)
        {
            throw matching.Wrong(name, exception.Message);
        }
    }

    private static CircuitBreakerSettings ReadBreaker(YamlMap map)
    {
        map.Expect("maxRequests", "interval", "timeout", "trip");
        var requests = map.Number("maxRequests") ?? 0;
        var timeout = map.Duration("timeout", TimeSpan.Zero);
        return new CircuitBreakerSettings(
            requests > 0 ? requests : 1, map.Duration("interval", TimeSpan.Zero), timeout > TimeSpan.Zero ? timeout : TimeSpan.FromSeconds(60), Trip(map));
    }

    private static CelExpression Trip(YamlMap map)
    {
        if (map.Text("trip") is not { Length: > 0 } text)
            return CircuitBreakerSettings.DefaultTrip;
        try
        {
            return CelExpression.Compile(text);
        }
        catch (FormatException exception)
        {
            throw map.Wrong("trip", exception.Message);
        }
    }

    private void ReadTargets(YamlMap targets)
    {
        targets.Expect("apps", "actors", "components");
        foreach (var (name, map) in Maps(targets, "apps"))
        {
            map.Expect("timeout", "retry", "circuitBreaker", "circuitBreakerCacheSize");
            resiliency.Apps[name] = Names(map) with { BreakerCapacity = map.Number("circuitBreakerCacheSize") ?? 0 };
        }
        foreach (var (name, map) in Maps(targets, "actors"))
            resiliency.Actors[name] = ActorNames(map);
        foreach (var (name, map) in Maps(targets, "components"))
        {
            map.Expect("inbound", "outbound");
            resiliency.Components[name] = (ComponentNames(map.Map("inbound")), ComponentNames(map.Map("outbound")));
        }
    }

    private PolicyNames ActorNames(YamlMap map)
    {
        map.Expect("timeout", "retry", "circuitBreaker", "circuitBreakerScope", "circuitBreakerCacheSize");
        var names = Names(map) with { BreakerCapacity = map.Number("circuitBreakerCacheSize") ?? 0 };
        return names.Breaker is null ? names : map.Text("circuitBreakerScope") switch
        {
            "type" => names,
            "id" or "both" => names with { BreakerPerActor = true },
            null => throw map.Wrong("an actor's 'circuitBreaker' needs a 'circuitBreakerScope': type, id or both"),
            var other => throw map.Wrong("circuitBreakerScope", $"it is type, id or both, not '{other}'"),
        };
    }

    private PolicyNames ComponentNames(YamlMap? map)
    {
        map?.Expect("timeout", "retry", "circuitBreaker");
        return map is null ? new PolicyNames(null, null, null) : Names(map);
    }

    private PolicyNames Names(YamlMap map) => new(
        Known(map, "timeout", resiliency.Timeouts), Known(map, "retry", resiliency.Retries), Known(map, "circuitBreaker", resiliency.Breakers));

    private static string? Known<T>(YamlMap map, string field, Dictionary<string, T> policies)
    {
        if (map.Text(field) is not { Length: > 0 } name)
            return null;
        return policies.ContainsKey(name) ? name : throw map.Wrong(field, $"there is no {field} policy '{name}'");
    }

    private static IEnumerable<(string Name, YamlMap Map)> Maps(YamlMap parent, string name) =>
        from entry in parent.Map(name)?.Entries() ?? []
        select (entry.Name, parent.Map(name)!.Map(entry.Name) ?? throw parent.Wrong(name, $"'{entry.Name}' must be a mapping"));

    [LoggerMessage(9601, LogLevel.Warning, "{Place}: policy {Name} cannot be overridden; it stays as it is, as with daprd")]
    private partial void LogProtected(string place, string name);

    [LoggerMessage(9602, LogLevel.Warning, "{Place}: policy {Name} has no effect in LocalDapr: it is for sidecars that cannot be reached, and all of them are in one process")]
    private partial void LogWithoutOccasion(string place, string name);
}
