using System.ComponentModel.DataAnnotations;

namespace ImDapr.UserService.Contacts;

public sealed class ContactOptions
{
    // What IM clouds allow; a person knows fewer. Two answers at the same moment may exceed it by one: nothing depends on the exact number.
    [Range(1, 100_000)]
    public int MaxContacts { get; init; } = 3_000;

    // Requests that nobody has answered. Enough for who is new and asks everybody, too few for who asks strangers by the thousand.
    [Range(1, 100_000)]
    public int MaxPendingRequests { get; init; } = 200;
}
