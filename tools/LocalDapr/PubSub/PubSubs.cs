using ImDapr.LocalDapr.Resources;

namespace ImDapr.LocalDapr.PubSub;

/// <summary>The kinds of broker that LocalDapr knows.</summary>
public static class PubSubs
{
    /// <exception cref="ComponentException">The type is unknown, or its metadata cannot be read.</exception>
    public static IPubSub Create(ComponentSpec spec, TimeProvider time, ILoggerFactory loggers) => spec.Type switch
    {
        "pubsub.in-memory" => new InMemoryPubSub(spec, loggers),
        "pubsub.redis" => new RedisPubSub(spec, time, loggers),
        "pubsub.sqlite" => new SqlitePubSub(spec, time, loggers),
        _ => throw new ComponentException(
            $"{spec.File}: component {spec.Name} has the unknown type {spec.Type}; known are pubsub.in-memory, pubsub.redis and pubsub.sqlite"),
    };
}
