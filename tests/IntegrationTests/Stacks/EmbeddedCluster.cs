namespace ImDapr.IntegrationTests.Stacks;

/// <summary>The embedded default: one of each service, SQLite, no server.</summary>
public sealed class EmbeddedCluster() : Cluster("embedded", "dapr.yaml");

/// <summary>An embedded system whose access tokens end after a second.</summary>
public sealed class ShortTokensCluster() : Cluster("short-tokens", "dapr.yaml")
{
    protected override IReadOnlyDictionary<string, string> AppSettings =>
        new Dictionary<string, string> { ["Tokens__AccessLifetimeSeconds"] = "1", ["Tokens__ClockSkewSeconds"] = "0" };
}
