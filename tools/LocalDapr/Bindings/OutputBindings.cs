using ImDapr.LocalDapr.Resources;

namespace ImDapr.LocalDapr.Bindings;

/// <summary>The kinds of output binding that LocalDapr knows.</summary>
public static class OutputBindings
{
    /// <exception cref="ComponentException">The type is unknown, or its metadata cannot be read.</exception>
    public static IOutputBinding Create(ComponentSpec spec, TimeProvider time, ILoggerFactory loggers) => spec.Type switch
    {
        "bindings.http" => new HttpBinding(spec, time),
        "bindings.mysql" => new SqlBinding(new MySqlEngine(spec), time),
        "bindings.redis" => new RedisBinding(spec),
        "bindings.sqlite" => new SqlBinding(new SqliteEngine(spec), time),
        _ => throw new ComponentException(
            $"{spec.File}: component {spec.Name} has the unknown type {spec.Type}; "
            + "known are bindings.http, bindings.mysql, bindings.redis and bindings.sqlite"),
    };
}
