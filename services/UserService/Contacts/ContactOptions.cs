using System.ComponentModel.DataAnnotations;
using ImDapr.ServiceDefaults.Settings;

namespace ImDapr.UserService.Contacts;

[Settings("Contacts")]
public sealed class ContactOptions
{
    // What IM clouds allow; a person knows fewer. Two answers at the same moment may exceed it by one: nothing depends on the exact number.
    /// <summary>Contacts of a user.</summary>
    [Range(1, 100_000)]
    public int MaxContacts { get; init; } = 3_000;

    // Requests that nobody has answered. Enough for who is new and asks everybody, too few for who asks strangers by the thousand.
    /// <summary>Contact requests of a user that nobody has answered.</summary>
    [Range(1, 100_000)]
    public int MaxPendingRequests { get; init; } = 200;
}
