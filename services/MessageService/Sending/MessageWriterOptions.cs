using System.ComponentModel.DataAnnotations;
using ImDapr.ServiceDefaults.Settings;

namespace ImDapr.MessageService.Sending;

/// <summary>Section <c>Writing</c>: how much may wait to be stored at this instance. What exceeds it is answered with <c>unavailable</c>.</summary>
[Settings("Writing")]
public sealed class MessageWriterOptions
{
    /// <summary>Messages that wait to be stored, over all databases.</summary>
    [Range(1, 1_000_000)]
    public int QueueCapacity { get; init; } = 10_000;

    // Ten thousand messages are 10 MB mostly, and 160 MB at their largest.
    /// <summary>Bytes that they may take together.</summary>
    [Range(1024, 1024 * 1024 * 1024)]
    public int QueueBytes { get; init; } = 64 * 1024 * 1024;
}
