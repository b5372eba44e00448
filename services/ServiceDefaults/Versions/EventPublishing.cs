using System.Net.Mime;
using Dapr.Client;
using ImDapr.Contracts;

namespace ImDapr.ServiceDefaults.Versions;

/// <summary>Publishes our events: each on its topic, and with its version in the attribute <c>type</c>.</summary>
public static class EventPublishing
{
    /// <param name="pubsub"><see cref="DaprNames.PubSub"/> or <see cref="DaprNames.Broadcast"/>.</param>
    public static Task PublishAsync<T>(this DaprClient dapr, string pubsub, T data, CancellationToken cancellationToken) where T : IEvent =>
        dapr.PublishByteEventAsync(pubsub, T.Topic, ContractsJson.Write(data), MediaTypeNames.Application.Json, Metadata<T>.Value, cancellationToken);

    private static class Metadata<T> where T : IEvent
    {
        public static readonly Dictionary<string, string> Value = new() { ["cloudevent.type"] = EventType.Of(T.Topic, T.Version.Written) };
    }
}
