using System.Text.Json;
using System.Text.RegularExpressions;
using ImDapr.KubernetesTests.Rendering;

namespace ImDapr.KubernetesTests.Rules;

/// <summary>The images that the manifests start are those that the Dockerfile makes, from nowhere in particular.</summary>
public sealed partial class ImageTests
{
    private static readonly string Dockerfile = Sources.Read("Dockerfile");

    private static IEnumerable<string> Targets => Stages().Matches(Dockerfile).Select(match => match.Groups["name"].Value)
        .Where(name => name is not ("build" or "runtime"));

    [Fact]
    public void Every_target_is_an_image_that_is_used() => Assert.Equal(
        Targets.Select(name => $"imdapr/{name}").Order(StringComparer.Ordinal),
        Clusters.Workloads.Where(workload => workload.IsOurs).Select(workload => workload.App.Image.Split(':')[0]).Distinct().Order(StringComparer.Ordinal));

    [Fact]
    public void Every_target_is_built() => Assert.Equal(Targets, Loop().Match(Sources.Read("tools", "images.sh")).Groups["names"].Value.Split(' '));

    [Fact]
    public void Manifests_name_the_user_of_the_images()
    {
        var user = User().Match(Dockerfile);

        Assert.True(user.Success);
        Rule.Holds(
            Clusters.Workloads.Where(workload => workload.IsOurs),
            workload => user.Groups["id"].Value == $"{workload.Pod.SecurityContext.RunAsUser}:{workload.Pod.SecurityContext.RunAsGroup}",
            "runs as another user");
    }

    // A shell would be the first process: it passes no signal on, and the chiselled image has none.
    [Fact]
    public void Every_target_starts_its_program_itself()
    {
        var starts = EntryPoints().Matches(Dockerfile).Select(match => JsonSerializer.Deserialize<string[]>(match.Groups["words"].Value)!).ToList();

        Assert.Equal(Targets.Count(), starts.Count);
        Assert.All(starts, words => Assert.Matches(@"\A/app/ImDapr\.[A-Za-z]+\z", Assert.Single(words)));
        Assert.DoesNotContain("CMD", Dockerfile, StringComparison.Ordinal);
    }

    [Fact]
    public void Who_builds_says_from_which_images() =>
        Assert.All(Stages().Matches(Dockerfile), stage => Assert.Matches(@"\A(\$\{(SDK|RUNTIME)_IMAGE\}|runtime)\z", stage.Groups["from"].Value));

    [Fact]
    public void No_registry_is_named()
    {
        var files = Sources.Below("k8s", "");
        files["Dockerfile"] = Dockerfile;
        files["tools/images.sh"] = Sources.Read("tools", "images.sh");

        Rule.Holds(files.Keys, file => Registries().Matches(files[file]).Select(match => match.Value));
    }

    [GeneratedRegex(@"^FROM (?<from>\S+) AS (?<name>\S+)$", RegexOptions.Multiline)]
    private static partial Regex Stages();

    [GeneratedRegex(@"^for target in (?<names>[^;]+); do$", RegexOptions.Multiline)]
    private static partial Regex Loop();

    [GeneratedRegex(@"^USER (?<id>[0-9]+:[0-9]+)$", RegexOptions.Multiline)]
    private static partial Regex User();

    [GeneratedRegex(@"^ENTRYPOINT (?<words>\[.+\])$", RegexOptions.Multiline)]
    private static partial Regex EntryPoints();

    [GeneratedRegex(@"\b(docker\.io|quay\.io|ghcr\.io|[a-z]*gcr\.io|pkg\.dev|azurecr\.io|amazonaws\.com|mcr\.[a-z.]+|registry\.[a-z0-9-]+\.[a-z]+)\b")]
    private static partial Regex Registries();
}
