using ImDapr.LocalDapr.Resources;

namespace ImDapr.LocalDapr.State;

/// <summary>The kinds of state store that LocalDapr knows.</summary>
public static class StateStores
{
    /// <exception cref="ComponentException">The type is unknown, or its metadata cannot be read.</exception>
    public static IStateStore Create(ComponentSpec spec, TimeProvider time, ILoggerFactory loggers) => spec.Type switch
    {
        "state.in-memory" => new InMemoryStateStore(time),
        "state.mysql" => new MySqlStateStore(spec, time, loggers.CreateLogger<MySqlStateStore>()),
        "state.redis" => new RedisStateStore(spec, loggers.CreateLogger<RedisStateStore>()),
        "state.sqlite" => new SqliteStateStore(spec, time),
        _ => throw new ComponentException(
            $"{spec.File}: component {spec.Name} has the unknown type {spec.Type}; known are state.in-memory, state.mysql, state.redis and state.sqlite"),
    };
}
