using System.Security.Claims;
using ImDapr.Contracts;
using ImDapr.ServiceDefaults.Auth;
using ImDapr.ServiceDefaults.Hosting;
using ImDapr.UserService.Accounts;
using ImDapr.UserService.Relations;
using Microsoft.AspNetCore.Http.HttpResults;

namespace ImDapr.UserService.Contacts;

public static class BlocksApi
{
    public static void MapBlocks(this IEndpointRouteBuilder routes)
    {
        var blocks = routes.MapGroup("/api/blocks").RequireAuthorization();
        blocks.MapGet("/", (ClaimsPrincipal user, BlockStore store, CancellationToken cancellationToken) => store.ListAsync(user.UserId(), cancellationToken));
        blocks.MapPut("/{userId}", BlockAsync);
        blocks.MapDelete("/{userId}", UnblockAsync);
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> BlockAsync(
        string userId, ClaimsPrincipal user, UserStore users, BlockStore blocks, RelationsPublisher relations, CancellationToken cancellationToken)
    {
        if (userId == user.UserId())
            return new Refusal(ErrorCodes.InvalidArgument, "Nobody blocks oneself.").ToProblem();
        if (!Ids.IsValid(userId) || await users.FindAsync(userId, cancellationToken) is null)
            return new Refusal(ErrorCodes.NotFound, "There is no such user.").ToProblem();
        await blocks.AddAsync(user.UserId(), userId, cancellationToken);
        await relations.PublishAsync(Change(user.UserId(), userId, RelationActions.Blocked), cancellationToken);
        return TypedResults.NoContent();
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> UnblockAsync(
        string userId, ClaimsPrincipal user, BlockStore blocks, RelationsPublisher relations, CancellationToken cancellationToken)
    {
        if (!Ids.IsValid(userId))
            return new Refusal(ErrorCodes.NotFound, "There is no such user.").ToProblem();
        await blocks.RemoveAsync(user.UserId(), userId, cancellationToken);
        await relations.PublishAsync(Change(user.UserId(), userId, RelationActions.Unblocked), cancellationToken);
        return TypedResults.NoContent();
    }

    private static RelationChanged Change(string userId, string blockedId, string action) =>
        new(RelationKinds.Block, $"{userId}:{blockedId}", 0, action, userId, [blockedId]);
}
