using ImDapr.KubernetesTests.Rendering;

namespace ImDapr.KubernetesTests.Rules;

/// <summary>A variable that nobody reads is a setting that somebody believes in.</summary>
public sealed class VariableTests
{
    private static readonly HashSet<string> Documented = [.. Sources.Rows(Sources.Read("docs", "configuration.md"), "variable")
        .SelectMany(row => Sources.Names(row[0]))];

    [Fact]
    public void Every_variable_of_our_images_is_documented() => Rule.Holds(
        Clusters.Workloads.Where(workload => workload.IsOurs), workload => workload.Variables.Keys.Except(Documented)
            .Select(name => $"{name} is not in docs/configuration.md"));
}
