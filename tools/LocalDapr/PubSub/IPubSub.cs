namespace ImDapr.LocalDapr.PubSub;

/// <summary>What a broker carries: the CloudEvent envelope (or raw bytes) and its metadata.</summary>
public sealed record BrokerMessage(string Topic, byte[] Data, IReadOnlyDictionary<string, string> Metadata);

/// <summary>Handles one message. Returning means handled; throwing means that the component decides (redis: acknowledged all the same, unless cancelled).</summary>
public delegate Task BrokerHandler(BrokerMessage message, CancellationToken cancellationToken);

/// <summary>A pub/sub component of one sidecar.</summary>
public interface IPubSub : IAsyncDisposable
{
    Task InitAsync(CancellationToken cancellationToken);

    Task PublishAsync(BrokerMessage message, CancellationToken cancellationToken);

    /// <summary>Delivers the topic to <paramref name="handler"/> until <paramref name="lifetime"/> ends; returns when the subscription stands.</summary>
    Task SubscribeAsync(string topic, IReadOnlyDictionary<string, string> metadata, BrokerHandler handler, CancellationToken lifetime);
}
