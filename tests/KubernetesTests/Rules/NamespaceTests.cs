using ImDapr.KubernetesTests.Rendering;
using k8s.Models;

namespace ImDapr.KubernetesTests.Rules;

/// <summary>One namespace, whatever an overlay calls it.</summary>
public sealed class NamespaceTests
{
    [Fact]
    public void Everything_is_in_one_namespace() => Rule.Holds(
        Clusters.All,
        cluster => cluster.Objects.Where(one => (one.Kind == "Namespace" ? one.Name : one.Namespace) != cluster.Namespace)
            .Select(one => $"{one.Kind} {one.Name} is in {one.Namespace}"));

    [Fact]
    public void An_overlay_may_choose_another_namespace() =>
        Assert.Equal(("imdapr", "chat"), (Clusters.Named("prod").Namespace, Clusters.Named("renamed").Namespace));

    [Fact]
    public void Access_policies_name_the_namespace_that_they_are_in() => Rule.Holds(
        Clusters.Objects.Where(one => one.Kind == "Configuration" && one.Spec!["accessControl"]!["policies"] is not null),
        one => one.Spec!["accessControl"]!["policies"].Items().Where(policy => policy["namespace"].Text() != one.Namespace)
            .Select(policy => $"names {policy["namespace"]}"));

    [Fact]
    public void No_name_is_given_twice() => Rule.Holds(
        Clusters.All,
        cluster => cluster.Objects.GroupBy(one => (one.ApiVersion, one.Kind, one.Name)).Where(same => same.Count() > 1).Select(same => $"{same.Key}"));

    [Fact]
    public void Its_pods_have_to_be_restricted() => Rule.Holds(
        Clusters.Of<V1Namespace>(),
        one => new[] { "enforce", "audit", "warn" }.Where(mode =>
            one.Manifest.Json["metadata"]!["labels"]?[$"pod-security.kubernetes.io/{mode}"]?.Text() != "restricted"));
}
