namespace ImDapr.ConnectionService.Sessions;

/// <summary>This instance's name. New with every start: what an earlier process of this host held is gone with it.</summary>
public sealed class NodeIdentity
{
    public string NodeId { get; } = $"{Environment.MachineName.ToLowerInvariant()}-{Guid.NewGuid():n}";
}
