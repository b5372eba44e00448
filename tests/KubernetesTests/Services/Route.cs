using Dapr;
using Microsoft.AspNetCore.Http;

namespace ImDapr.KubernetesTests.Services;

/// <summary>What a service answers to.</summary>
/// <param name="Path">An example of it.</param>
internal sealed record Route(string AppId, string Verb, string Path)
{
    public override string ToString() => $"{Verb} {Path} of {AppId}";
}

/// <summary>An event that a service asks its sidecar for.</summary>
internal sealed record Subscription(string AppId, string PubSub, string Topic, string? DeadLetterTopic)
{
    public override string ToString() => $"{AppId} on {PubSub}, {Topic}";

    public static Subscription? Of(string appId, Endpoint endpoint) => endpoint.Metadata.GetMetadata<ITopicMetadata>() is { } topic
        ? new Subscription(appId, topic.PubsubName, topic.Name, endpoint.Metadata.GetMetadata<IDeadLetterTopicMetadata>()?.DeadLetterTopic)
        : null;
}
