using ImDapr.ServiceDefaults.Settings;

namespace ImDapr.ConnectionService.Delivery;

[Settings("Backplane")]
public sealed class BackplaneOptions
{
    /// <summary>Redis between the nodes, in StackExchange.Redis' notation (<c>host:port,password=…,ssl=true</c>). None: that of <c>IMDAPR_REDIS_HOST</c> where the state store is Redis.</summary>
    public string? Redis { get; init; }
}
