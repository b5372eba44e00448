using System.ComponentModel.DataAnnotations;
using ImDapr.ServiceDefaults.Settings;

namespace ImDapr.ConnectionService.Sending;

/// <summary>Section <c>Sending</c>.</summary>
[Settings("Sending")]
public sealed class SendQueueOptions
{
    /// <summary>Sends that wait on this node; one more is answered with <c>unavailable</c>.</summary>
    [Range(1, 1_000_000)]
    public int QueueCapacity { get; init; } = 20_000;

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

    // Half of it is what a message waits on average where messages come closer than that.
    /// <summary>Least milliseconds from the beginning of a batch to that of the next.</summary>
    [Range(0, 1_000)]
    public int SpacingMilliseconds { get; init; } = 5;

    // Nobody waits for it but the device that says so; the sender's tick comes half a second later anyway (Receipts:IntervalMilliseconds).
    /// <summary>The same for acknowledged cursors.</summary>
    [Range(0, 1_000)]
    public int AckSpacingMilliseconds { get; init; } = 100;

    /// <summary>Seconds until a send that has no answer is answered with <c>unavailable</c>.</summary>
    [Range(1, 60)]
    public int TimeoutSeconds { get; init; } = 5;

    public TimeSpan Spacing => TimeSpan.FromMilliseconds(SpacingMilliseconds);

    public TimeSpan AckSpacing => TimeSpan.FromMilliseconds(AckSpacingMilliseconds);

    public TimeSpan Timeout => TimeSpan.FromSeconds(TimeoutSeconds);
}
