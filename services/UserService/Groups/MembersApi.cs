using System.Security.Claims;
using ImDapr.Contracts;
using ImDapr.ServiceDefaults.Auth;
using ImDapr.ServiceDefaults.Hosting;
using ImDapr.UserService.Accounts;
using Microsoft.AspNetCore.Http.HttpResults;

namespace ImDapr.UserService.Groups;

/// <summary>Adding, promoting and removing members. Repeating a call that was done changes nothing.</summary>
public static class MembersApi
{
    public static void MapMembers(this IEndpointRouteBuilder groups)
    {
        groups.MapPut("/{groupId}/members/{userId}", PutAsync);
        groups.MapDelete("/{groupId}/members/{userId}", RemoveAsync);
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> PutAsync(
        string groupId, string userId, ClaimsPrincipal user, UserStore users, GroupStore store, GroupOutbox outbox, CancellationToken cancellationToken,
        MemberUpdate? update = null)
    {
        var role = update?.Role ?? Roles.Member;
        if (role is not (Roles.Admin or Roles.Member))
            return new Refusal(ErrorCodes.InvalidArgument, "role is admin or member.").ToProblem();
        var group = await store.FindAsync(groupId, cancellationToken);
        if (group is null || GroupRules.RoleOf(group, user.UserId()) is not { } own)
            return GroupRules.NoSuchGroup.ToProblem();
        var (refusal, action) = GroupRules.RoleOf(group, userId) is { } known
            ? JudgeRole(own, known, update?.Role)
            : await JudgeAddAsync(group, own, userId, role, users, cancellationToken);
        if (refusal is not null)
            return refusal.ToProblem();
        if (action is null)
            return TypedResults.NoContent();
        if (action == "role")
            await store.SetRoleAsync(groupId, userId, role, cancellationToken);
        else
            await store.AddMembersAsync(groupId, [new GroupMember(userId, role)], cancellationToken);
        await store.RecordAsync(groupId, action, user.UserId(), [userId], cancellationToken);
        await outbox.PublishAsync(groupId, cancellationToken);
        return TypedResults.NoContent();
    }

    private static (Refusal? Refusal, string? Action) JudgeRole(string own, string known, string? asked)
    {
        if (asked is null || asked == known)
            return (null, null);
        if (known == Roles.Owner)
            return (new Refusal(ErrorCodes.Conflict, "The owner stays the owner."), null);
        return (GroupRules.CanSetRole(own), "role");
    }

    private static async Task<(Refusal? Refusal, string? Action)> JudgeAddAsync(
        Group group, string own, string userId, string role, UserStore users, CancellationToken cancellationToken)
    {
        if ((GroupRules.CanAdd(own) ?? (role == Roles.Admin ? GroupRules.CanSetRole(own) : null)) is { } refusal)
            return (refusal, null);
        if (!Ids.IsValid(userId) || await users.FindAsync(userId, cancellationToken) is null)
            return (new Refusal(ErrorCodes.NotFound, "There is no such user."), null);
        return group.Members.Length >= Limits.GroupMembers
            ? (new Refusal(ErrorCodes.Conflict, $"The group has {Limits.GroupMembers} members already."), null)
            : (null, "added");
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> RemoveAsync(
        string groupId, string userId, ClaimsPrincipal user, GroupStore store, GroupOutbox outbox, CancellationToken cancellationToken)
    {
        var group = await store.FindAsync(groupId, cancellationToken);
        if (group is null || GroupRules.RoleOf(group, user.UserId()) is not { } own)
            return GroupRules.NoSuchGroup.ToProblem();
        if (GroupRules.RoleOf(group, userId) is not { } known)
            return TypedResults.NoContent();
        if (GroupRules.CanRemove(user.UserId(), own, userId, known) is { } refusal)
            return refusal.ToProblem();
        await store.RemoveMemberAsync(groupId, userId, cancellationToken);
        await store.RecordAsync(groupId, userId == user.UserId() ? "left" : "removed", user.UserId(), [userId], cancellationToken);
        await outbox.PublishAsync(groupId, cancellationToken);
        return TypedResults.NoContent();
    }
}
