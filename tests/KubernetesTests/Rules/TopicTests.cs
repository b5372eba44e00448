using System.Text.Json.Nodes;
using ImDapr.Contracts;
using ImDapr.KubernetesTests.Rendering;
using ImDapr.KubernetesTests.Services;

namespace ImDapr.KubernetesTests.Rules;

/// <summary>No event is lost because its handler failed.</summary>
public sealed class TopicTests
{
    private static IEnumerable<Subscription> Subscriptions => ServiceApp.All.SelectMany(app => app.Subscriptions);

    // What is broadcast every instance gets, and it is a hint only: there is nothing to keep.
    [Fact]
    public void Every_topic_that_instances_compete_for_has_its_dead_letter_topic()
    {
        var dead = Subscriptions.Select(subscription => subscription.DeadLetterTopic).OfType<string>().ToHashSet();

        Rule.Holds(
            Subscriptions.Where(subscription => subscription.PubSub == DaprNames.PubSub && !dead.Contains(subscription.Topic)),
            subscription => subscription.DeadLetterTopic == Topics.Dead(subscription.Topic), subscription =>
                $"its dead letters go to {subscription.DeadLetterTopic ?? "nowhere"}");
    }

    // pubsub.redis acknowledges a message even when its handler fails.
    [Fact]
    public void Every_pub_sub_component_delivers_again() => Rule.Holds(
        Clusters.All, cluster => PubSubsIn(cluster).Where(name => TargetsIn(cluster)["components"]![name]?["inbound"]?["retry"] is null)
            .Select(name => $"{name} has no inbound retry"));

    [Fact]
    public void Policies_that_are_named_exist() =>
        Rule.Holds(Clusters.All, cluster => UsesIn(cluster).Where(use => PoliciesIn(cluster, use.Kind)?[use.Name] is null)
        .Select(use => $"{use.Name} of {use.Kind} does not exist"));

    [Fact]
    public void Targets_of_policies_exist() => Rule.Holds(
        Clusters.All,
        cluster => TargetsIn(cluster)["components"].Fields().Where(target => cluster.Find("Component", target.Key) is null)
            .Concat(TargetsIn(cluster)["apps"].Fields().Where(target => cluster.Find("Deployment", target.Key) is null))
            .Select(target => $"{target.Key} does not exist"));

    private static IEnumerable<string> PubSubsIn(Cluster cluster) =>
        cluster.OfKind("Component").Where(one => one.Spec!["type"].Text().StartsWith("pubsub.", StringComparison.Ordinal)).Select(one => one.Name);

    private static IEnumerable<(string Kind, string Name)> UsesIn(Cluster cluster) => TargetsIn(cluster).Descendants()
        .SelectMany(node => node.Fields()).Where(field => field.Key is "retry" or "timeout" or "circuitBreaker")
        .Select(field => ($"{field.Key.Replace("retry", "retrie", StringComparison.Ordinal)}s", field.Value.Text()));

    private static JsonNode? PoliciesIn(Cluster cluster, string kind) => cluster.OfKind("Resiliency").Single().Spec!["policies"]![kind];

    private static JsonNode TargetsIn(Cluster cluster) => cluster.OfKind("Resiliency").Single().Spec!["targets"]!;
}
