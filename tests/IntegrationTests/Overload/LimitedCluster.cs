using ImDapr.IntegrationTests.Stacks;

namespace ImDapr.IntegrationTests.Overload;

/// <summary>An embedded system that allows little and holds little.</summary>
public sealed class LimitedCluster() : Cluster("limited", "dapr.yaml")
{
    public const int SendBurst = 5;
    public const int RestBurst = 6;
    public const int SignInBurst = 12;

    protected override IReadOnlyDictionary<string, string> AppSettings => new Dictionary<string, string>
    {
        // Slower than any machine sends, so that a burst always meets its end.
        ["RateLimits__SendsPerSecond"] = "0.1",
        ["RateLimits__SendBurst"] = $"{SendBurst}",
        ["RateLimits__RestCallsPerSecond"] = "0.1",
        ["RateLimits__RestBurst"] = $"{RestBurst}",
        ["RateLimits__SignInsPerMinute"] = "1",
        ["RateLimits__SignInBurst"] = $"{SignInBurst}",
        ["Sending__QueueCapacity"] = "2",
        ["Sending__BatchSends"] = "1",
        ["Sending__BatchesInFlight"] = "1",
        ["Writing__QueueCapacity"] = "1",
    };
}
