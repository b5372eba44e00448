using ImDapr.IntegrationTests.Stacks;

namespace ImDapr.IntegrationTests.Samples;

/// <summary>ImDapr with the approval workflow beside it.</summary>
public sealed class ApprovalsCluster() : Cluster("sample-approvals", "samples/ApprovalWorkflow/dapr.yaml");

/// <summary>ImDapr with the archive beside it.</summary>
public sealed class ArchiveCluster() : Cluster("sample-archive", "samples/MessageArchive/dapr.yaml");

/// <summary>ImDapr with the script beside it.</summary>
public sealed class LikesCluster() : Cluster("sample-likes", "samples/likes-and-gifts/dapr.yaml")
{
    /// <summary>What the script reads.</summary>
    public string Events { get; } = Path.Combine(Path.GetTempPath(), $"likes-{Guid.NewGuid():N}.log");

    protected override IReadOnlyDictionary<string, string> AppSettings => new Dictionary<string, string> { ["EVENTS"] = Events };

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        File.Delete(Events);
    }
}
