using System.ComponentModel.DataAnnotations;
using ImDapr.ServiceDefaults.Settings;

namespace ImDapr.MessageService.Receipts;

/// <summary>Section <c>Receipts</c>: who is told how far others have received and read.</summary>
[Settings("Receipts")]
public sealed class ReceiptsOptions
{
    // A message to n members raises n marks, and each is a push to n members: 400 pushes at 20, and 2,450 were measured at 50
    // (docs/storage-models.md), more than everything else about the message. Beyond a table full of people nobody looks at who exactly.
    /// <summary>Members up to which the members of a conversation are told of each other's marks.</summary>
    [Range(2, 1_000)]
    public int MaxMembers { get; init; } = 20;

    // Nobody sees half a second in a tick mark, and a conversation in full swing has a third of the receipts.
    /// <summary>Least milliseconds between two rounds of delivered marks; the first after a pause waits for nothing.</summary>
    [Range(0, 60_000)]
    public int IntervalMilliseconds { get; init; } = 500;

    public TimeSpan Interval => TimeSpan.FromMilliseconds(IntervalMilliseconds);
}
