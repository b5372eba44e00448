namespace ImDapr.IntegrationTests.Stacks;

/// <summary>The embedded default: one of each service, SQLite, no server.</summary>
public sealed class EmbeddedCluster() : Cluster("embedded", "dapr.yaml");

/// <summary>An embedded system whose access tokens end after a second.</summary>
public sealed class ShortTokensCluster() : Cluster("short-tokens", "dapr.yaml")
{
    protected override IReadOnlyDictionary<string, string> AppSettings =>
        new Dictionary<string, string> { ["Tokens__AccessLifetimeSeconds"] = "1", ["Tokens__ClockSkewSeconds"] = "0" };
}

/// <summary>An embedded system whose inboxes keep little, and where only one browser may be online.</summary>
public sealed class SmallInboxCluster() : Cluster("small-inbox", "dapr.yaml")
{
    protected override IReadOnlyDictionary<string, string> AppSettings => new Dictionary<string, string>
    {
        ["Inbox__Capacity"] = "100",
        ["Inbox__MaxEntries"] = "200",
        ["Inbox__Kept"] = "100",
        ["Sessions__Exclusive__0__0"] = "web",
    };
}

/// <summary>An embedded system where only contacts may write to each other.</summary>
public sealed class StrangersCluster() : Cluster("strangers", "dapr.yaml")
{
    protected override IReadOnlyDictionary<string, string> AppSettings => new Dictionary<string, string> { ["Contacts__Strangers"] = "Refuse" };
}
