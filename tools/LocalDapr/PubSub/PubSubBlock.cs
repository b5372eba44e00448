using System.Collections.Concurrent;
using System.Text.Json;
using Grpc.Core;
using ImDapr.LocalDapr.Api;
using ImDapr.LocalDapr.Invocation;
using ImDapr.LocalDapr.Policies;

namespace ImDapr.LocalDapr.PubSub;

/// <param name="Id">The publisher's own id of it.</param>
public sealed record BulkEntry(string Id, Publication Publication);

/// <param name="IsTracing">Whether deliveries carry a span of the sidecar.</param>
public sealed record PubSubPolicies(ResiliencyPolicy Outbound, ResiliencyPolicy Inbound, bool IsTracing);

/// <summary>A pub/sub component as an app sees it: envelopes around what it publishes, its subscriptions delivered.</summary>
public sealed class PubSubBlock(string name, IPubSub broker, TopicScopes scopes, PubSubPolicies policies, AppChannel app, TimeProvider time, ILoggerFactory loggers)
{
    // daprd's own limit where a component has no bulk publish.
    private const int MostAtOnce = 100;

    public async Task PublishAsync(Publication publication, bool isGrpc, CancellationToken cancellationToken)
    {
        var message = Message(publication, IsRaw(publication.Metadata), isGrpc);
        await SendAsync(message, cancellationToken);
    }

    /// <summary>Publishes the entries side by side: no order is promised. All of them were published when this returns.</summary>
    /// <param name="metadata">Of the request: whether payloads are raw. Nothing else of it reaches an entry that has none of its own, as in daprd.</param>
    /// <exception cref="BulkPublishError">Some were not.</exception>
    public async Task PublishManyAsync(
        string topic, IReadOnlyList<BulkEntry> entries, IReadOnlyDictionary<string, string> metadata, bool isGrpc, CancellationToken cancellationToken)
    {
        var raw = IsRaw(metadata);
        var ids = new HashSet<string>();
        if (entries.Any(entry => entry.Id.Length == 0 || !ids.Add(entry.Id)))
            throw new DaprError(
                StatusCode.InvalidArgument, 400, "ERR_PUBSUB_EVENTS_SER",
                $"error marshaling events to bytes for topic {topic} pubsub {name}. error: entryId is duplicated or not present for entry",
                reason: "DAPR_PUBSUB_MARSHAL_EVENTS");
        List<(string Id, BrokerMessage Message)> left = [.. entries.Select(entry => (entry.Id, Message(entry.Publication, raw, isGrpc)))];
        Forbid(topic);
        var failures = new ConcurrentDictionary<string, string>();
        try
        {
            await policies.Outbound.RunAsync(
                async token =>
                {
                    failures.Clear();
                    await Parallel.ForEachAsync(
                        left, new ParallelOptions { MaxDegreeOfParallelism = MostAtOnce, CancellationToken = token },
                        async (entry, _) => await TryPublishAsync(entry.Id, entry.Message, failures, token));
                    if (failures.IsEmpty)
                        return;
                    left = [.. left.Where(entry => failures.ContainsKey(entry.Id))];
                    throw new InvalidOperationException(string.Join('\n', failures.Values));
                },
                _ => false, time, cancellationToken);
        }
        catch (Exception exception) when (exception is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            var failed = left.Select(entry => (entry.Id, failures.GetValueOrDefault(entry.Id, exception.Message))).ToList();
            throw new BulkPublishError(failed, NotPublished(topic, exception));
        }
    }

    /// <summary>Delivers a topic to the app until <paramref name="lifetime"/> ends.</summary>
    /// <param name="gate">Keeps count of what is under way. Batches pass it by: daprd does not wait for them when it ends.</param>
    /// <exception cref="DaprError">The app may not have it.</exception>
    internal Task SubscribeAsync(Subscription subscription, DeliveryGate gate, CancellationToken lifetime)
    {
        if (!scopes.MaySubscribe(subscription.Topic))
            throw new DaprError(
                StatusCode.PermissionDenied, 403, "ERR_PUBSUB_FORBIDDEN", $"subscription to topic '{subscription.Topic}' on pubsub '{name}' is not allowed");
        var logger = loggers.CreateLogger<Delivery>();
        var target = new DeliveryTarget(subscription, app, policies, time, logger, PublishAsDeadAsync);
        var delivery = new Delivery(target);
        BrokerHandler handler = subscription.Bulk is { } bulk
            ? BulkDelivery.Start(target, bulk, lifetime).HandleAsync
            : (message, token) => gate.RunAsync(() => delivery.HandleAsync(message, token), token);
        return broker.SubscribeAsync(subscription.Topic, subscription.Metadata, handler, lifetime);
    }

    // Through the same gate as every publish: a dead-letter topic that the app may not publish to gets nothing.
    private async Task PublishAsDeadAsync(BrokerMessage message, CancellationToken cancellationToken) => await SendAsync(message, cancellationToken);

    private async Task SendAsync(BrokerMessage message, CancellationToken cancellationToken)
    {
        Forbid(message.Topic);
        try
        {
            await policies.Outbound.RunAsync(token => broker.PublishAsync(message, token), _ => false, time, cancellationToken);
        }
        catch (Exception exception) when (exception is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            throw NotPublished(message.Topic, exception);
        }
    }

    private async Task TryPublishAsync(string id, BrokerMessage message, ConcurrentDictionary<string, string> failures, CancellationToken cancellationToken)
    {
        try
        {
            await broker.PublishAsync(message, cancellationToken);
        }
        catch (Exception exception) when (exception is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            failures[id] = exception.Message;
        }
    }

    private BrokerMessage Message(Publication publication, bool isRaw, bool isGrpc)
    {
        if (!isRaw)
            return new BrokerMessage(publication.Topic, Envelope(publication), publication.Metadata);
        if (!isGrpc)
            return new BrokerMessage(publication.Topic, publication.Data, publication.Metadata);
        // Without an envelope the trace travels beside the payload; daprd does so over gRPC alone.
        var metadata = new Dictionary<string, string>(publication.Metadata)
        {
            ["traceid"] = publication.TraceParent ?? "",
            ["tracestate"] = publication.TraceState ?? "",
        };
        return new BrokerMessage(publication.Topic, publication.Data, metadata);
    }

    private byte[] Envelope(Publication publication)
    {
        try
        {
            return CloudEvent.Wrap(publication, app.AppId, time);
        }
        catch (JsonException exception)
        {
            throw new DaprError(
                StatusCode.InvalidArgument, 500, "ERR_PUBSUB_CLOUD_EVENTS_SER", "cannot create cloudevent", exception, "DAPR_PUBSUB_CLOUD_EVENT_CREATION");
        }
    }

    private static bool IsRaw(IReadOnlyDictionary<string, string> metadata)
    {
        try
        {
            return Publication.IsRawPayload(metadata);
        }
        catch (FormatException exception)
        {
            throw new DaprError(
                StatusCode.InvalidArgument, 400, "ERR_PUBSUB_REQUEST_METADATA", $"failed deserializing metadata. Error: {exception.Message}", exception,
                "DAPR_PUBSUB_METADATA_DESERIALIZATION");
        }
    }

    private void Forbid(string topic)
    {
        if (!scopes.MayPublish(topic))
            throw new DaprError(
                StatusCode.PermissionDenied, 403, "ERR_PUBSUB_FORBIDDEN", $"topic {topic} is not allowed for app id {app.AppId}", reason: "DAPR_PUBSUB_FORBIDDEN");
    }

    private DaprError NotPublished(string topic, Exception exception) => new(
        StatusCode.Internal, 500, "ERR_PUBSUB_PUBLISH_MESSAGE", $"error when publishing to topic {topic} in pubsub {name}: {exception.Message}", exception,
        "DAPR_PUBSUB_PUBLISH_MESSAGE");
}

/// <summary>Some entries of a bulk publish were not published.</summary>
public sealed class BulkPublishError(IReadOnlyList<(string Id, string Error)> failed, DaprError error) : Exception(error.Message, error)
{
    public IReadOnlyList<(string Id, string Error)> Failed => failed;

    /// <summary>What a caller without a place for the list is told.</summary>
    public DaprError Error => error;
}
