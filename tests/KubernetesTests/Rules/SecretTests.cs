using System.Text;
using System.Text.RegularExpressions;
using ImDapr.KubernetesTests.Rendering;
using k8s.Models;

namespace ImDapr.KubernetesTests.Rules;

/// <summary>Secrets are named and never written down, but for development.</summary>
public sealed partial class SecretTests
{
    /// <summary>Secrets and keys that k8s/README.md asks a platform team for.</summary>
    private static readonly HashSet<(string Secret, string Key)> Documented = [.. DocumentedIn(Sources.Read("k8s", "README.md"))];

    private static IEnumerable<Cluster> OfPlatforms => Clusters.All.Where(cluster => !cluster.IsForDevelopment);

    [Fact]
    public void Only_development_brings_secrets_of_its_own() => Rule.Holds(OfPlatforms, cluster => cluster.OfKind("Secret").Select(one => one.Name));

    [Fact]
    public void Every_secret_that_is_used_is_in_the_readme() =>
        Rule.Holds(OfPlatforms, cluster => UsedIn(cluster).Except(Documented).Select(use => $"{use} is not in k8s/README.md"));

    [Fact]
    public void Every_secret_of_the_readme_is_used() => Assert.Empty(Documented.Except(OfPlatforms.SelectMany(UsedIn)));

    [Fact]
    public void Development_brings_every_secret_that_it_uses()
    {
        var dev = Clusters.Named("dev");

        Assert.Empty(UsedIn(dev).Except(dev.Of<V1Secret>().SelectMany(secret => secret.Model.Data.Keys.Select(key => (secret.Manifest.Name, key)))));
    }

    [Fact]
    public void No_variable_that_holds_a_secret_has_a_value() => Rule.Holds(
        Clusters.Workloads,
        workload => workload.Containers.SelectMany(container => container.Env ?? [])
            .Where(variable => Secretive().IsMatch(variable.Name) && variable.Value is not null)
            .Select(variable => $"{variable.Name} is written down"));

    [Fact]
    public void No_component_has_a_secret_written_down() => Rule.Holds(
        Clusters.Objects.Where(one => one.Kind == "Component"),
        one => one.Spec!["metadata"].Items().Where(item => Secretive().IsMatch(item["name"].Text()) && item["secretKeyRef"] is null)
            .Select(item => $"{item["name"]}"));

    [Fact]
    public void What_is_secret_in_development_stands_in_its_secrets_only()
    {
        var dev = Clusters.Named("dev");
        var secrets = dev.Of<V1Secret>().SelectMany(secret => secret.Model.Data).Where(data => Secretive().IsMatch(data.Key))
            .Select(data => Encoding.UTF8.GetString(data.Value)).ToHashSet();

        Assert.NotEmpty(secrets);
        Rule.Holds(dev.Objects.Where(one => one.Kind != "Secret"), one =>
            secrets.Where(secret => one.Json.ToJsonString().Contains(secret, StringComparison.Ordinal)).Select(_ => "holds a secret"));
    }

    [Theory]
    [InlineData("MARIADB_PASSWORD", true)]
    [InlineData("DAPR_API_TOKEN", true)]
    [InlineData("redisPassword", true)]
    [InlineData("IMDAPR_MYSQL_DSN", true)]
    [InlineData("Backplane__Redis", true)]
    [InlineData("url", true)]
    [InlineData("MARIADB_RANDOM_ROOT_PASSWORD", false)]
    [InlineData("Tokens__ClockSkewSeconds", false)]
    [InlineData("redisHost", false)]
    public void Names_tell_what_is_secret(string name, bool expected) => Assert.Equal(expected, Secretive().IsMatch(name));

    private static IEnumerable<(string Secret, string Key)> DocumentedIn(string readme)
    {
        var secret = "";
        foreach (var row in Sources.Rows(readme, "secret"))
        {
            secret = Sources.Names(row[0]).FirstOrDefault() ?? secret; // a secret of several keys is named once
            foreach (var key in Sources.Names(row[1]))
                yield return (secret, key);
        }
    }

    private static HashSet<(string Secret, string Key)> UsedIn(Cluster cluster) =>
    [
        .. cluster.Objects.SelectMany(one => one.Json.Descendants()).SelectMany(node => node.Fields()).Where(field => field.Key == "secretKeyRef")
            .Select(field => (field.Value!["name"].Text(), field.Value["key"].Text())),
        .. cluster.Objects.SelectMany(one => one.Json.Descendants()).SelectMany(node => node.Fields()).Where(field => field.Key is "secretRef" or "secret")
            .Select(field => ((field.Value!["name"] ?? field.Value["secretName"]).Text(), "every key")),
        .. cluster.Workloads.SelectMany(workload => workload.Annotations)
        .Where(annotation => annotation.Key is "dapr.io/api-token-secret" or "dapr.io/app-token-secret")
            .Select(annotation => (annotation.Value, "token")),
        .. cluster.Of<V1Ingress>().SelectMany(ingress => ingress.Model.Spec.Tls)
        .SelectMany(tls => new[] { (tls.SecretName, "tls.crt"), (tls.SecretName, "tls.key") }),
    ];

    [GeneratedRegex(@"(?<!RANDOM_ROOT_)PASSWORD\z|TOKEN\z|SECRET\z|DSN\z|KEY\z|\Aurl\z|\ABackplane__Redis\z", RegexOptions.IgnoreCase)]
    private static partial Regex Secretive();
}
