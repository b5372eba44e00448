using System.ComponentModel.DataAnnotations;
using ImDapr.ServiceDefaults.Settings;

namespace ImDapr.ConnectionService.Presence;

/// <summary>Section <c>Presence</c>.</summary>
[Settings("Presence")]
public sealed class PresenceOptions
{
    /// <summary>Seconds between two renewals of this node's lease.</summary>
    [Range(1, 300)]
    public int HeartbeatSeconds { get; init; } = 10;

    /// <summary>Seconds for which what is known of other nodes' leases is believed without asking.</summary>
    [Range(0, 60)]
    public int LeaseCacheSeconds { get; init; } = 3;

    // Three heartbeats: two lost renewals must not show a node's users as offline.
    public TimeSpan Heartbeat => TimeSpan.FromSeconds(HeartbeatSeconds);

    public int LeaseSeconds => 3 * HeartbeatSeconds;
}
