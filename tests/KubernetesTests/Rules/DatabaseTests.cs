using ImDapr.KubernetesTests.Rendering;

namespace ImDapr.KubernetesTests.Rules;

/// <summary>A service and the Job that migrates ahead of it have the same databases: a place in the list is for good (docs/decisions/0017).</summary>
public sealed class DatabaseTests
{
    private const string Bindings = "Storage__Bindings";
    private const string Job = "-migrations";

    private static IEnumerable<Workload> Jobs => Clusters.Workloads.Where(workload => workload.App.Args?.Contains("--migrate") == true);

    [Fact]
    public void A_job_has_the_storage_of_its_service() => Rule.Holds(
        Jobs, job => Storage(job).SequenceEqual(Storage(ServiceOf(job))), job => $"has {Text(job)}, and its service {Text(ServiceOf(job))}");

    // One source: who changes it cannot forget the other.
    [Fact]
    public void Neither_has_it_from_anywhere_but_their_config_map() => Rule.Holds(
        Jobs.Concat(Clusters.Services),
        workload => (workload.App.Env ?? []).Where(variable => variable.Name.StartsWith("Storage__", StringComparison.Ordinal)).Select(variable => variable.Name));

    [Fact]
    public void Every_database_of_the_list_is_there_for_the_service_and_its_job() => Rule.Holds(
        Jobs.Concat(Clusters.Services).Where(workload => workload.Variable(Bindings) is not null),
        workload => workload.Variable(Bindings)!.Split(',')
            .Where(binding => workload.Cluster.Find("Component", binding)?.Json["scopes"].Texts().Contains(workload.Name) != true)
            .Select(binding => $"has no {binding}"));

    [Fact]
    public void There_may_be_several() =>
        Assert.Equal("entities,entities-2", Clusters.Named("databases").Workloads.Single(workload => workload.Name == "message-service-migrations").Variable(Bindings));

    private static Workload ServiceOf(Workload job) => job.Cluster.Workloads.Single(workload => workload.Name + Job == job.Name);

    private static IEnumerable<KeyValuePair<string, string?>> Storage(Workload workload) => workload.Variables
        .Where(variable => variable.Key.StartsWith("Storage__", StringComparison.Ordinal)).OrderBy(variable => variable.Key, StringComparer.Ordinal);

    private static string Text(Workload workload) => string.Join(' ', Storage(workload));
}
