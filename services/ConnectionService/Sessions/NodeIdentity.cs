using System.Security.Cryptography;

namespace ImDapr.ConnectionService.Sessions;

/// <summary>This instance's name. New with every start: what an earlier process of this host held is gone with it. Without a comma or a space, and short: it stands in every inbox.</summary>
public sealed class NodeIdentity
{
    public string NodeId { get; } = $"{Environment.MachineName.ToLowerInvariant()}-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(6))}";
}
