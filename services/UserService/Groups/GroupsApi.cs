using System.Security.Claims;
using ImDapr.Contracts;
using ImDapr.ServiceDefaults.Auth;
using ImDapr.ServiceDefaults.Hosting;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace ImDapr.UserService.Groups;

public static class GroupsApi
{
    public static void MapGroups(this IEndpointRouteBuilder routes)
    {
        var groups = routes.MapGroup("/api/groups").RequireAuthorization();
        groups.MapPost("/", CreateAsync);
        groups.MapGet("/", (ClaimsPrincipal user, GroupStore store, CancellationToken cancellationToken) => store.OfUserAsync(user.UserId(), cancellationToken));
        groups.MapGet("/{groupId}", FindAsync);
        groups.MapPatch("/{groupId}", UpdateAsync);
        groups.MapDelete("/{groupId}", DissolveAsync);
        groups.MapMembers();
    }

    private static async Task<Results<Created<GroupCreated>, ProblemHttpResult>> CreateAsync(
        CreateGroupRequest request, ClaimsPrincipal user, GroupChanges groups, IOptions<GroupOptions> options, CancellationToken cancellationToken)
    {
        var userId = user.UserId();
        var others = (request.MemberIds ?? []).Where(id => id != userId).Distinct().ToArray();
        if ((CheckName(request.Name) ?? MembersApi.CheckIds(others, options.Value, "memberIds")) is { } refusal)
            return refusal.ToProblem();
        if (1 + others.Length > options.Value.MaxMembers)
            return new Refusal(ErrorCodes.Conflict, $"A group has at most {options.Value.MaxMembers} members.").ToProblem();
        if ((await groups.InvitationAsync(userId, others, Roles.Member, cancellationToken)).Against(others) is { } against)
            return against.ToProblem();
        var groupId = await groups.CreateAsync(request.Name!, userId, others, cancellationToken);
        return TypedResults.Created($"/api/groups/{groupId}", new GroupCreated(groupId, ConversationId.Group(groupId)));
    }

    private static async Task<Results<Ok<Group>, ProblemHttpResult>> FindAsync(
        string groupId, ClaimsPrincipal user, GroupStore store, CancellationToken cancellationToken)
    {
        var group = await store.FindAsync(groupId, cancellationToken);
        return group is not null && group.Members.Any(member => member.UserId == user.UserId())
            ? TypedResults.Ok(group with { Members = [.. group.Members.Select(member => member with { JoinedVersion = null })] })
            : GroupRules.NoSuchGroup.ToProblem();
    }

    private static async Task<Results<Ok<Group>, ProblemHttpResult>> UpdateAsync(
        string groupId, GroupUpdate update, ClaimsPrincipal user, GroupStore store, GroupChanges groups, CancellationToken cancellationToken)
    {
        if (Check(update) is { } invalid)
            return invalid.ToProblem();
        var userId = user.UserId();
        if (update.Name is { } name
            && (await groups.ApplyAsync(groupId, userId, [], group => GroupRules.Rename(group, userId, name), cancellationToken)).Refusal is { } refusal)
            return refusal.ToProblem();
        if (update.Invite is { } invite
            && (await groups.ApplyAsync(groupId, userId, [], group => GroupRules.SetInvite(group, userId, invite), cancellationToken)).Refusal is { } other)
            return other.ToProblem();
        return await FindAsync(groupId, user, store, cancellationToken);
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> DissolveAsync(
        string groupId, ClaimsPrincipal user, GroupChanges groups, CancellationToken cancellationToken)
    {
        var userId = user.UserId();
        var done = await groups.ApplyAsync(groupId, userId, [], group => GroupRules.Dissolve(group, userId), cancellationToken);
        return done.Refusal is { } refusal ? refusal.ToProblem() : TypedResults.NoContent();
    }

    private static Refusal? Check(GroupUpdate update)
    {
        if (update.Invite is not (null or InvitePolicies.Admins or InvitePolicies.Members))
            return new Refusal(ErrorCodes.InvalidArgument, $"invite is {InvitePolicies.Admins} or {InvitePolicies.Members}.");
        return update.Name is null ? null : CheckName(update.Name);
    }

    private static Refusal? CheckName(string? name) => string.IsNullOrWhiteSpace(name) || name.Length > Limits.DisplayNameLength
        ? new Refusal(ErrorCodes.InvalidArgument, $"name is needed: 1 to {Limits.DisplayNameLength} characters.")
        : null;
}
