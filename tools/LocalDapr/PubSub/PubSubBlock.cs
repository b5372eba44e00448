using Grpc.Core;
using ImDapr.LocalDapr.Api;
using ImDapr.LocalDapr.Invocation;
using ImDapr.LocalDapr.Resources;

namespace ImDapr.LocalDapr.PubSub;

/// <summary>A pub/sub component as an app sees it: envelopes around what it publishes, its subscriptions delivered.</summary>
public sealed class PubSubBlock(string name, IPubSub broker, ResiliencyPolicy outbound, ResiliencyPolicy inbound, AppChannel app, TimeProvider time, ILoggerFactory loggers)
{
    public async Task PublishAsync(Publication publication, CancellationToken cancellationToken)
    {
        var data = publication.IsRaw || publication.ContentType.StartsWith(CloudEvent.ContentType, StringComparison.OrdinalIgnoreCase)
            ? publication.Data
            : CloudEvent.Wrap(publication, app.AppId, time);
        var message = new BrokerMessage(publication.Topic, data, publication.Metadata);
        try
        {
            await outbound.RunAsync(token => broker.PublishAsync(message, token), _ => false, time, cancellationToken);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            throw new DaprError(
                StatusCode.Internal, 500, "ERR_PUBSUB_PUBLISH_MESSAGE",
                $"error when publish to topic {publication.Topic} in pubsub {name}: {exception.Message}", exception);
        }
    }

    public Task SubscribeAsync(Subscription subscription, CancellationToken lifetime)
    {
        var delivery = new Delivery(subscription, app, broker, inbound, time, loggers.CreateLogger<Delivery>());
        return broker.SubscribeAsync(subscription.Topic, subscription.Metadata, delivery.HandleAsync, lifetime);
    }
}
