using Xunit.Abstractions;

// Two stacks at a time: each is a whole system with its servers, and half of what a test does is waiting. More would only make each of them slower.
[assembly: CollectionBehavior(MaxParallelThreads = 2)]
[assembly: TestCollectionOrderer("ImDapr.IntegrationTests.LongestFirst", "ImDapr.IntegrationTests")]

namespace ImDapr.IntegrationTests;

/// <summary>The suites that are named take minutes each, all others less than one: begun first, they do not run on alone at the end.</summary>
public sealed class LongestFirst : ITestCollectionOrderer
{
    public IEnumerable<ITestCollection> OrderTestCollections(IEnumerable<ITestCollection> testCollections) =>
        testCollections.OrderByDescending(collection => collection.CollectionDefinition is not null).ThenBy(collection => collection.DisplayName, StringComparer.Ordinal);
}
