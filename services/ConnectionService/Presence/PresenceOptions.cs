using System.ComponentModel.DataAnnotations;

namespace ImDapr.ConnectionService.Presence;

public sealed class PresenceOptions
{
    [Range(1, 300)]
    public int HeartbeatSeconds { get; init; } = 10;

    // Three heartbeats: one that is late must not show a node's users as offline.
    public int LeaseSeconds => 3 * HeartbeatSeconds;
}
