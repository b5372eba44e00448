using System.ComponentModel.DataAnnotations;
using ImDapr.ServiceDefaults.Settings;

namespace ImDapr.MessageService.Inbox;

/// <summary>Section <c>Inbox</c>: how much of a user's queue is kept, where, and for how long a device may stay away.</summary>
[Settings("Inbox")]
public sealed class InboxOptions : IValidatableObject
{
    // Some hundred KiB of references a user at most: what a device that was away for some days asks for comes from memory.
    /// <summary>Entries that stay in the state store, beside the tail; older ones lie in the database (<c>inbox_overflow</c>).</summary>
    [Range(Inbox.SegmentSize, 1_000_000)]
    public int Capacity { get; init; } = 1_000;

    // 1,000 rows of overflow. Whoever is further behind reads the conversations, which is what a person does anyway.
    /// <summary>Entries that are kept at all, beside the tail; a device that is further behind gets <c>reset</c>.</summary>
    [Range(Inbox.SegmentSize, 100_000_000)]
    public int MaxEntries { get; init; } = 100_000;

    // Some screens full, so that a new device shows the latest without asking each conversation.
    /// <summary>Newest entries that stay for a device that is new, however far the others have acknowledged.</summary>
    [Range(0, 1_000_000)]
    public int Kept { get; init; } = 200;

    // A month: a holiday is shorter, and a lost or reinstalled device must not hold entries for ever.
    /// <summary>Days after which a device that was not seen holds nothing any more.</summary>
    [Range(1, 3_650)]
    public int DeviceAwayDays { get; init; } = 30;

    // About 2 KiB each while it waits.
    /// <summary>Polls that one instance lets wait at a time.</summary>
    [Range(1, 1_000_000)]
    public int MaxPolls { get; init; } = 10_000;

    // Some KiB each: references, and what is held of each conversation.
    /// <summary>Inboxes that one instance remembers between appends, so that it need not read them before it writes.</summary>
    [Range(1, 10_000_000)]
    public int Remembered { get; init; } = 20_000;

    // All of a transaction are in memory twice, and Redis does nothing else meanwhile: 64 take it about a millisecond.
    /// <summary>Inboxes that are saved with one transaction. 1 where transactions over several keys fail, as in a Redis Cluster.</summary>
    [Range(1, 1_000)]
    public int SavedTogether { get; init; } = 64;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (MaxEntries < Capacity)
            yield return new ValidationResult("Inbox__MaxEntries is at least Inbox__Capacity.");
    }
}
