using ImDapr.LocalDapr.Resources;

namespace ImDapr.LocalDapr.Bindings;

/// <summary>Output bindings by component type.</summary>
public static class OutputBindings
{
    /// <exception cref="ComponentException">The type is unknown, or the file lacks something.</exception>
    public static IOutputBinding Create(ComponentSpec spec, TimeProvider time) => spec.Type switch
    {
        "bindings.mysql" => new MySqlBinding(spec, time),
        "bindings.sqlite" => new SqliteBinding(spec, time),
        _ => throw new ComponentException($"{spec.File}: component {spec.Name} has type {spec.Type}; LocalDapr knows bindings.mysql and bindings.sqlite"),
    };
}
