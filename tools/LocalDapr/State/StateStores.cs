using ImDapr.LocalDapr.Resources;

namespace ImDapr.LocalDapr.State;

/// <summary>State stores by component type.</summary>
public static class StateStores
{
    /// <exception cref="ComponentException">The type is unknown, or the file lacks something.</exception>
    public static IStateStore Create(ComponentSpec spec, TimeProvider time, ILoggerFactory loggers) => spec.Type switch
    {
        "state.redis" => new RedisStateStore(spec, loggers.CreateLogger<RedisStateStore>()),
        "state.sqlite" => new SqliteStateStore(spec, time),
        _ => throw new ComponentException($"{spec.File}: component {spec.Name} has type {spec.Type}; LocalDapr knows state.redis and state.sqlite"),
    };
}
