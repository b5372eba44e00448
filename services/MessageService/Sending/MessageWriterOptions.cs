using System.ComponentModel.DataAnnotations;

namespace ImDapr.MessageService.Sending;

/// <summary>Section <c>Writing</c>: how much may wait to be stored at this instance. What exceeds it is answered with <c>unavailable</c>.</summary>
public sealed class MessageWriterOptions
{
    [Range(1, 1_000_000)]
    public int QueueCapacity { get; init; } = 10_000;

    // Ten thousand messages are 10 MB mostly, and 160 MB at their largest.
    [Range(1024, 1024 * 1024 * 1024)]
    public int QueueBytes { get; init; } = 64 * 1024 * 1024;
}
