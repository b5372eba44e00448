using System.ComponentModel.DataAnnotations;
using ImDapr.ServiceDefaults.Settings;

namespace ImDapr.ServiceDefaults.Hosting;

[Settings("Management")]
public sealed class ManagementOptions
{
    /// <summary>Port of probes and metrics, and of nothing else. None: no metrics, and probes are answered to callers on this machine only.</summary>
    [Range(1, ushort.MaxValue)]
    public int? Port { get; init; }
}
