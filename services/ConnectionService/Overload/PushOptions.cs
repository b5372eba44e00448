using System.ComponentModel.DataAnnotations;
using ImDapr.ServiceDefaults.Settings;

namespace ImDapr.ConnectionService.Overload;

/// <summary>Section <c>Pushes</c>: how much may wait for a client that reads slowly. Beyond it its connection is closed, and it syncs when it is back.</summary>
[Settings("Pushes")]
public sealed class PushOptions
{
    /// <summary>Bytes that may wait, the largest message aside. A thousand ordinary pushes; a client that is further behind is quicker with a sync.</summary>
    [Range(64 * 1024, 64 * 1024 * 1024)]
    public int MaxWaitingBytes { get; init; } = 512 * 1024;

    /// <summary>Seconds that one write to the network may take.</summary>
    [Range(1, 300)]
    public int SendTimeoutSeconds { get; init; } = 10;
}
