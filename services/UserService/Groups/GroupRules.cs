using ImDapr.Contracts;
using ImDapr.UserService.Relations;

namespace ImDapr.UserService.Groups;

/// <summary>
/// Who may do what in a group, and what comes of it. Whoever is no member is told that there is no such group, so membership cannot be probed.
/// A group has one owner at any time: the owner neither leaves nor is removed, and ownership passes on in one step.
/// </summary>
public static class GroupRules
{
    public static readonly Refusal NoSuchGroup = new(ErrorCodes.NotFound, "There is no such group.");

    public static Proposal Rename(GroupView group, string actorId, string name)
    {
        if (!IsStaff(group, actorId))
            return Forbidden("Only the owner and admins rename a group.");
        return group.Name == name ? Proposal.Nothing : group.Next(RelationActions.Renamed, actorId, [], name);
    }

    public static Proposal SetInvite(GroupView group, string actorId, string invite)
    {
        if (!IsStaff(group, actorId))
            return Forbidden("Only the owner and admins decide who may invite.");
        return group.Invite == invite ? Proposal.Nothing : group.Next(RelationActions.Settings, actorId, [], invite);
    }

    public static Proposal Dissolve(GroupView group, string actorId) => group.RoleOf(actorId) == Roles.Owner
        ? group.Next(RelationActions.Dissolved, actorId, [])
        : Forbidden("Only the owner dissolves a group.");

    /// <summary>Adds those who are no members yet: all of them or, if anything stands against one, none.</summary>
    public static Proposal Add(GroupView group, string actorId, Invitation invitation, int maxMembers)
    {
        if (!IsStaff(group, actorId) && group.Invite != InvitePolicies.Members)
            return Forbidden("Only the owner and admins add members.");
        if (invitation.Role != Roles.Member && group.RoleOf(actorId) != Roles.Owner)
            return Forbidden("Only the owner gives roles.");
        var newcomers = invitation.UserIds.Where(id => group.RoleOf(id) is null).ToArray();
        if (newcomers.Length == 0)
            return Proposal.Nothing;
        if (invitation.Against(newcomers) is { } refusal)
            return Proposal.Refused(refusal);
        return group.MemberCount + newcomers.Length > maxMembers
            ? Conflict($"A group has at most {maxMembers} members; this one has {group.MemberCount}.")
            : group.Next(RelationActions.Added, actorId, newcomers, invitation.Role);
    }

    /// <summary>Gives a member another role. To make it the owner is to hand the group over: the owner until then becomes an admin.</summary>
    public static Proposal SetRole(GroupView group, string actorId, string userId, string role)
    {
        if (group.RoleOf(userId) == role)
            return Proposal.Nothing;
        if (group.RoleOf(actorId) != Roles.Owner)
            return Forbidden("Only the owner gives roles.");
        if (group.RoleOf(userId) is null)
            return Conflict("Only a member becomes the owner.");
        if (userId == actorId)
            return Conflict("The owner stays the owner until another member becomes it.");
        return role == Roles.Owner
            ? group.Next(RelationActions.Transferred, actorId, [userId])
            : group.Next(RelationActions.Role, actorId, [userId], role);
    }

    public static Proposal Remove(GroupView group, string actorId, string userId)
    {
        var (own, target) = (group.RoleOf(actorId), group.RoleOf(userId));
        if (actorId == userId)
        {
            return own == Roles.Owner
                ? Conflict("The owner cannot leave: hand the group over or dissolve it.")
                : group.Next(RelationActions.Left, actorId, [userId]);
        }
        if (target is null)
            return Proposal.Nothing;
        return own == Roles.Owner || (own == Roles.Admin && target == Roles.Member)
            ? group.Next(RelationActions.Removed, actorId, [userId])
            : Forbidden("Only the owner removes admins, only the owner and admins remove members.");
    }

    private static bool IsStaff(GroupView group, string userId) => group.RoleOf(userId) is Roles.Owner or Roles.Admin;

    private static Proposal Forbidden(string sentence) => Proposal.Refused(new Refusal(ErrorCodes.Forbidden, sentence));

    private static Proposal Conflict(string sentence) => Proposal.Refused(new Refusal(ErrorCodes.Conflict, sentence));
}
