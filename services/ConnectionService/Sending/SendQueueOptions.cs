using System.ComponentModel.DataAnnotations;
using ImDapr.ServiceDefaults.Settings;

namespace ImDapr.ConnectionService.Sending;

/// <summary>Section <c>Sending</c>.</summary>
[Settings("Sending")]
public sealed class SendQueueOptions
{
    /// <summary>Sends that wait on this node; one more is answered with <c>unavailable</c>.</summary>
    [Range(1, 1_000_000)]
    public int QueueCapacity { get; init; } = 10_000;

    /// <summary>Bytes that they may take together. A body that is far too large is refused by its owner only.</summary>
    [Range(1024 * 1024, 1024 * 1024 * 1024)]
    public int QueueBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>Most sends of one batch.</summary>
    [Range(1, 1000)]
    public int BatchSends { get; init; } = 500;

    // One, and batches are as large as they can be: on two cores 2.3 times the messages of four (docs/performance.md).
    /// <summary>Batches under way at a time. With more than 1 the sends of a client that it does not wait for may overtake each other.</summary>
    [Range(1, 64)]
    public int BatchesInFlight { get; init; } = 1;

    /// <summary>Seconds until a send that has no answer is answered with <c>unavailable</c>.</summary>
    [Range(1, 60)]
    public int TimeoutSeconds { get; init; } = 5;

    public TimeSpan Timeout => TimeSpan.FromSeconds(TimeoutSeconds);
}
