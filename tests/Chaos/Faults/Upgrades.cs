using ImDapr.Chaos.Processes;
using ImDapr.IntegrationTests.Stacks;

namespace ImDapr.Chaos.Faults;

/// <summary>
/// An older version that is replaced while people talk: two versions side by side on one database, one Redis and one broker, and the way back, which a
/// platform takes when it does not like what it sees.
/// </summary>
internal static class Upgrades
{
    /// <param name="previous">The checkout of the older version.</param>
    /// <param name="isShort">Only until two versions are side by side.</param>
    public static IEnumerable<Fault> From(string previous, bool isShort) => All(previous).Take(isShort ? 2 : int.MaxValue);

    private static IReadOnlyList<Fault> All(string previous) =>
    [
        new("the version before", (_, token) => Task.Delay(TimeSpan.FromSeconds(3), token)),
        Exchange("one instance of each service becomes this version", system => system.Instances.Where(instance => instance.Index == 0), Repository.Root),
        Exchange("the others follow", system => system.Instances.Where(instance => instance.Index > 0), Repository.Root),
        Exchange("one instance of each service goes back", system => system.Instances.Where(instance => instance.Index == 0), previous),
        Exchange("and becomes this version again", system => system.Instances.Where(instance => instance.Index == 0), Repository.Root),
    ];

    private static Fault Exchange(string name, Func<ChaosSystem, IEnumerable<ServiceInstance>> which, string checkout) => new(name, async (scene, token) =>
    {
        foreach (var instance in which(scene.System))
        {
            instance.Checkout = checkout;
            await ProcessFaults.ReplaceAsync(scene, instance, token);
        }
    });
}
