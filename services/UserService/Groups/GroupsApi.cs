using System.Security.Claims;
using ImDapr.Contracts;
using ImDapr.ServiceDefaults.Auth;
using ImDapr.ServiceDefaults.Hosting;
using ImDapr.UserService.Accounts;
using Microsoft.AspNetCore.Http.HttpResults;

namespace ImDapr.UserService.Groups;

public static class GroupsApi
{
    public static void MapGroups(this IEndpointRouteBuilder routes)
    {
        var groups = routes.MapGroup("/api/groups").RequireAuthorization();
        groups.MapPost("/", CreateAsync);
        groups.MapGet("/", (ClaimsPrincipal user, GroupStore store, CancellationToken cancellationToken) => store.OfUserAsync(user.UserId(), cancellationToken));
        groups.MapGet("/{groupId}", FindAsync);
        groups.MapPatch("/{groupId}", RenameAsync);
        groups.MapDelete("/{groupId}", DissolveAsync);
        groups.MapMembers();
    }

    private static async Task<Results<Created<GroupCreated>, ProblemHttpResult>> CreateAsync(
        CreateGroupRequest request, ClaimsPrincipal user, UserStore users, GroupStore store, GroupOutbox outbox, CancellationToken cancellationToken)
    {
        var userId = user.UserId();
        var others = (request.MemberIds ?? []).Where(id => id != userId).Distinct().ToArray();
        if (CheckName(request.Name) is { } refusal)
            return refusal.ToProblem();
        if (others.Length > Limits.MembersPerRequest || !others.All(Ids.IsValid))
            return new Refusal(ErrorCodes.InvalidArgument, $"memberIds holds at most {Limits.MembersPerRequest} user ids.").ToProblem();
        var known = (await users.FindAsync(others, cancellationToken)).Select(profile => profile.UserId).ToHashSet();
        if (others.Where(id => !known.Contains(id)).ToList() is { Count: > 0 } unknown)
            return new Refusal(ErrorCodes.NotFound, $"There is no user {string.Join(", ", unknown)}.").ToProblem();

        var groupId = Guid.NewGuid().ToString("N");
        await store.CreateAsync(groupId, request.Name!, [new(userId, Roles.Owner), .. others.Select(id => new GroupMember(id, Roles.Member))], cancellationToken);
        await store.RecordAsync(groupId, "created", userId, [userId, .. others], cancellationToken);
        await outbox.PublishAsync(groupId, cancellationToken);
        return TypedResults.Created($"/api/groups/{groupId}", new GroupCreated(groupId, ConversationId.Group(groupId)));
    }

    private static async Task<Results<Ok<Group>, ProblemHttpResult>> FindAsync(
        string groupId, ClaimsPrincipal user, GroupStore store, CancellationToken cancellationToken)
    {
        var group = await store.FindAsync(groupId, cancellationToken);
        return group is null || GroupRules.RoleOf(group, user.UserId()) is null ? GroupRules.NoSuchGroup.ToProblem() : TypedResults.Ok(group);
    }

    private static async Task<Results<Ok<Group>, ProblemHttpResult>> RenameAsync(
        string groupId, GroupUpdate update, ClaimsPrincipal user, GroupStore store, GroupOutbox outbox, CancellationToken cancellationToken)
    {
        var group = await store.FindAsync(groupId, cancellationToken);
        if (group is null || GroupRules.RoleOf(group, user.UserId()) is not { } role)
            return GroupRules.NoSuchGroup.ToProblem();
        if (update.Name is null)
            return TypedResults.Ok(group);
        if ((GroupRules.CanRename(role) ?? CheckName(update.Name)) is { } refusal)
            return refusal.ToProblem();
        await store.RenameAsync(groupId, update.Name, cancellationToken);
        await store.RecordAsync(groupId, "renamed", user.UserId(), [], cancellationToken);
        await outbox.PublishAsync(groupId, cancellationToken);
        return TypedResults.Ok((await store.FindAsync(groupId, cancellationToken))!);
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> DissolveAsync(
        string groupId, ClaimsPrincipal user, GroupStore store, GroupOutbox outbox, CancellationToken cancellationToken)
    {
        var group = await store.FindAsync(groupId, cancellationToken);
        if (group is null || GroupRules.RoleOf(group, user.UserId()) is not { } role)
            return GroupRules.NoSuchGroup.ToProblem();
        if (GroupRules.CanDissolve(role) is { } refusal)
            return refusal.ToProblem();
        await store.DissolveAsync(groupId, cancellationToken);
        await store.RecordAsync(groupId, "dissolved", user.UserId(), [], cancellationToken);
        await outbox.PublishAsync(groupId, cancellationToken);
        return TypedResults.NoContent();
    }

    private static Refusal? CheckName(string? name) => string.IsNullOrWhiteSpace(name) || name.Length > Limits.DisplayNameLength
        ? new Refusal(ErrorCodes.InvalidArgument, $"name is needed: 1 to {Limits.DisplayNameLength} characters.")
        : null;
}
