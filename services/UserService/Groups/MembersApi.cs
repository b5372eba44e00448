using System.Security.Claims;
using ImDapr.Contracts;
using ImDapr.ServiceDefaults.Auth;
using ImDapr.ServiceDefaults.Hosting;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace ImDapr.UserService.Groups;

/// <summary>Adding, promoting and removing members. Repeating a call that was done changes nothing.</summary>
public static class MembersApi
{
    public static void MapMembers(this IEndpointRouteBuilder groups)
    {
        groups.MapPost("/{groupId}/members", AddAsync);
        groups.MapPut("/{groupId}/members/{userId}", PutAsync);
        groups.MapDelete("/{groupId}/members/{userId}", RemoveAsync);
    }

    public static Refusal? CheckIds(string[] userIds, GroupOptions options, string field) =>
        userIds.Length > options.MaxMembersPerRequest || !userIds.All(Ids.IsValid)
            ? new Refusal(ErrorCodes.InvalidArgument, $"{field} holds at most {options.MaxMembersPerRequest} user ids.")
            : null;

    private static async Task<Results<Ok<MembersAdded>, ProblemHttpResult>> AddAsync(
        string groupId, AddMembersRequest request, ClaimsPrincipal user, GroupChanges groups, IOptions<GroupOptions> options, CancellationToken cancellationToken)
    {
        var actorId = user.UserId();
        var userIds = (request.UserIds ?? []).Distinct().ToArray();
        if ((userIds.Length == 0 ? new Refusal(ErrorCodes.InvalidArgument, "userIds is needed.") : CheckIds(userIds, options.Value, "userIds")) is { } invalid)
            return invalid.ToProblem();
        var invitation = await groups.InvitationAsync(actorId, userIds, Roles.Member, cancellationToken);
        var done = await groups.ApplyAsync(
            groupId, actorId, userIds, group => GroupRules.Add(group, actorId, invitation, options.Value.MaxMembers), cancellationToken);
        return done.Refusal is { } refusal ? refusal.ToProblem() : TypedResults.Ok(new MembersAdded(done.Change?.UserIds ?? []));
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> PutAsync(
        string groupId, string userId, ClaimsPrincipal user, GroupChanges groups, IOptions<GroupOptions> options, CancellationToken cancellationToken,
        MemberUpdate? update = null)
    {
        if (update?.Role is not (null or Roles.Owner or Roles.Admin or Roles.Member))
            return new Refusal(ErrorCodes.InvalidArgument, "role is owner, admin or member.").ToProblem();
        var actorId = user.UserId();
        var invitation = await groups.InvitationAsync(actorId, [userId], update?.Role ?? Roles.Member, cancellationToken);
        var done = await groups.ApplyAsync(
            groupId, actorId, [userId],
            group => group.RoleOf(userId) is null && invitation.Role != Roles.Owner
                ? GroupRules.Add(group, actorId, invitation, options.Value.MaxMembers)
                : GroupRules.SetRole(group, actorId, userId, update?.Role ?? group.RoleOf(userId)!),
            cancellationToken);
        return done.Refusal is { } refusal ? refusal.ToProblem() : TypedResults.NoContent();
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> RemoveAsync(
        string groupId, string userId, ClaimsPrincipal user, GroupChanges groups, CancellationToken cancellationToken)
    {
        var actorId = user.UserId();
        var done = await groups.ApplyAsync(groupId, actorId, [userId], group => GroupRules.Remove(group, actorId, userId), cancellationToken);
        return done.Refusal is { } refusal ? refusal.ToProblem() : TypedResults.NoContent();
    }
}
