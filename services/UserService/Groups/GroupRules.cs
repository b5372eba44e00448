using ImDapr.Contracts;

namespace ImDapr.UserService.Groups;

/// <summary>Who may do what in a group. Whoever is no member is told that there is no such group, so membership cannot be probed.</summary>
public static class GroupRules
{
    public static readonly Refusal NoSuchGroup = new(ErrorCodes.NotFound, "There is no such group.");

    public static string? RoleOf(Group group, string userId) => group.Members.FirstOrDefault(member => member.UserId == userId)?.Role;

    public static Refusal? CanRename(string role) => Needs(role is Roles.Owner or Roles.Admin, "Only the owner and admins rename a group.");

    public static Refusal? CanDissolve(string role) => Needs(role == Roles.Owner, "Only the owner dissolves a group.");

    public static Refusal? CanAdd(string role) => Needs(role is Roles.Owner or Roles.Admin, "Only the owner and admins add members.");

    public static Refusal? CanSetRole(string role) => Needs(role == Roles.Owner, "Only the owner gives roles.");

    /// <param name="actorId">Who removes.</param>
    /// <param name="role">Role of who removes.</param>
    /// <param name="userId">Who is removed.</param>
    /// <param name="targetRole">Role of who is removed.</param>
    public static Refusal? CanRemove(string actorId, string role, string userId, string targetRole)
    {
        if (actorId == userId)
            return role == Roles.Owner ? new Refusal(ErrorCodes.Conflict, "The owner cannot leave; dissolve the group instead.") : null;
        return Needs(
            role == Roles.Owner || (role == Roles.Admin && targetRole == Roles.Member), "Only the owner removes admins, only the owner and admins remove members.");
    }

    private static Refusal? Needs(bool allowed, string sentence) => allowed ? null : new Refusal(ErrorCodes.Forbidden, sentence);
}
