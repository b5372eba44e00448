using ImDapr.LocalDapr.Resources;

namespace ImDapr.LocalDapr.PubSub;

/// <summary>How a broker component delivers: the metadata of <c>pubsub.redis</c>, with its defaults.</summary>
/// <param name="ConsumerId">Consumer group, and name of the consumer in it; by default the app id.</param>
/// <param name="ProcessingTimeout">A message unfinished for as long is delivered again, though its handler goes on. Zero: never.</param>
/// <param name="RedeliverInterval">How often unfinished messages are looked for. Zero: never.</param>
/// <param name="QueueDepth">Messages that wait for a worker, over all topics of the component.</param>
/// <param name="Concurrency">Handlers at a time, over all topics of the component.</param>
/// <param name="MaxLength">About how many messages a topic keeps; 0: all.</param>
internal sealed record DeliveryOptions(
    string ConsumerId, TimeSpan ProcessingTimeout, TimeSpan RedeliverInterval, int QueueDepth, int Concurrency, int MaxLength)
{
    public bool Redelivers => ProcessingTimeout > TimeSpan.Zero && RedeliverInterval > TimeSpan.Zero;

    public static DeliveryOptions Read(ComponentSpec spec)
    {
        var millisecond = TimeSpan.FromMilliseconds(1);
        return new DeliveryOptions(
            spec.Find("consumerID") ?? spec.AppId,
            spec.Duration("processingTimeout", TimeSpan.FromSeconds(60), millisecond),
            // daprd ignores a duration text here; it would silently be 15 s, so it is refused.
            millisecond * spec.Integer("redeliverInterval", 15_000),
            AtLeastOne(spec, "queueDepth", 100),
            AtLeastOne(spec, "concurrency", 10),
            spec.Integer("maxLenApprox", 0));
    }

    private static int AtLeastOne(ComponentSpec spec, string name, int otherwise) =>
        spec.Integer(name, otherwise) is > 0 and var value ? value : throw spec.Invalid(name, "a number above 0");
}
