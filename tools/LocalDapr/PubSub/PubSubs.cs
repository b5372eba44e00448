using ImDapr.LocalDapr.Resources;

namespace ImDapr.LocalDapr.PubSub;

/// <summary>Pub/sub components by type.</summary>
public static class PubSubs
{
    /// <exception cref="ComponentException">The type is unknown, or the file lacks something.</exception>
    public static IPubSub Create(ComponentSpec spec, TimeProvider time, ILoggerFactory loggers) => spec.Type switch
    {
        "pubsub.redis" => new RedisPubSub(spec, loggers.CreateLogger<RedisPubSub>()),
        "pubsub.sqlite" => new SqlitePubSub(spec, time, loggers.CreateLogger<SqlitePubSub>()),
        _ => throw new ComponentException($"{spec.File}: component {spec.Name} has type {spec.Type}; LocalDapr knows pubsub.redis and pubsub.sqlite"),
    };

    /// <summary>An integer of the component's metadata.</summary>
    public static int Number(ComponentSpec spec, string name, int otherwise) =>
        spec.Find(name) is not { } text ? otherwise
        : int.TryParse(text, out var number) ? number
        : throw new ComponentException($"{spec.File}: '{name}' of {spec.Name} must be a whole number, not '{text}'");

    /// <summary>A duration of the component's metadata; bare integers are milliseconds.</summary>
    public static TimeSpan Duration(ComponentSpec spec, string name, TimeSpan otherwise) =>
        spec.Find(name) is not { } text ? otherwise
        : GoDuration.TryParse(text, out var duration) ? duration
        : throw new ComponentException($"{spec.File}: '{name}' of {spec.Name} must be a duration, not '{text}'");
}
