using System.ComponentModel.DataAnnotations;
using ImDapr.Contracts;
using ImDapr.ServiceDefaults.Settings;

namespace ImDapr.UserService.Groups;

[Settings("Groups")]
public sealed class GroupOptions
{
    // All members travel in one answer, at up to 130 bytes each: 20,000 stay below the 4 MiB that Dapr lets through.
    /// <summary>Members of a group.</summary>
    [Range(2, 20_000)]
    public int MaxMembers { get; init; } = Limits.GroupMembers;

    // One request is one statement's list and one event, at up to 70 bytes each: 5,000 stay far below 1 MiB.
    /// <summary>Members that one request adds.</summary>
    [Range(1, 5_000)]
    public int MaxMembersPerRequest { get; init; } = Limits.MembersPerRequest;
}
