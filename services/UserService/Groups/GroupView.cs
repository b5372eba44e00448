using ImDapr.Contracts;
using ImDapr.UserService.Relations;

namespace ImDapr.UserService.Groups;

/// <summary>What rules need to know of a group: not all its members, but those in question.</summary>
/// <param name="Roles">Roles of the users who were asked for, as far as they are members.</param>
public sealed record GroupView(string GroupId, string Name, string Invite, long Version, int MemberCount, IReadOnlyDictionary<string, string> Roles)
{
    public string? RoleOf(string userId) => Roles.GetValueOrDefault(userId);

    /// <summary>This change as the group's next version.</summary>
    public Proposal Next(string action, string actorId, string[] userIds, string? detail = null) =>
        new(null, new RelationChanged(RelationKinds.Group, GroupId, Version + 1, action, actorId, userIds, detail));
}

/// <summary>Whom somebody wants in a group, and what stands against it.</summary>
/// <param name="Unknown">Those that do not exist.</param>
/// <param name="Blockers">Those that have blocked who invites.</param>
public sealed record Invitation(string[] UserIds, string Role, IReadOnlySet<string> Unknown, IReadOnlySet<string> Blockers)
{
    /// <summary>Why these users cannot be invited; null when they can.</summary>
    public Refusal? Against(IReadOnlyCollection<string> userIds)
    {
        if (userIds.Where(Unknown.Contains).ToList() is { Count: > 0 } unknown)
            return new Refusal(ErrorCodes.NotFound, $"There is no user {string.Join(", ", unknown)}.");
        return userIds.Where(Blockers.Contains).ToList() is { Count: > 0 } blockers
            ? new Refusal(ErrorCodes.Blocked, $"You have been blocked by {string.Join(", ", blockers)}.")
            : null;
    }
}
