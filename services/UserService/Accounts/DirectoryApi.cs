using ImDapr.Contracts;
using ImDapr.UserService.Contacts;
using ImDapr.UserService.Groups;

namespace ImDapr.UserService.Accounts;

/// <summary>What other services ask; not under /api, so the public origin never forwards it.</summary>
public static class DirectoryApi
{
    public static void MapDirectory(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/internal/directory", async (DirectoryRequest request, UserStore users, GroupStore groups, CancellationToken cancellationToken) =>
            new DirectoryAnswer(await users.FindAsync(request.UserIds, cancellationToken), await groups.NamesAsync(request.GroupIds, cancellationToken)));
        routes.MapPost("/internal/blocks", BlocksAsync);
        routes.MapPost("/internal/contacts", async (ContactsRequest request, ContactStore contacts, CancellationToken cancellationToken) =>
            new ContactsAnswer(await contacts.AcceptedAsync(request.Pairs, cancellationToken)));
        routes.MapGet("/internal/groups/{groupId}", async (string groupId, GroupStore groups, CancellationToken cancellationToken) =>
            await groups.FindAsync(groupId, cancellationToken) is { } group ? Results.Ok(group) : Results.NotFound());
    }

    private static async Task<BlocksAnswer> BlocksAsync(BlocksRequest request, BlockStore blocks, CancellationToken cancellationToken)
    {
        var blockers = await blocks.BlockersAsync(request.Pairs.Select(pair => pair.UserId), cancellationToken);
        var asked = request.Pairs.Where(pair => blockers.Contains(pair.UserId)).ToArray();
        return new BlocksAnswer(await blocks.BlockedAsync(asked, cancellationToken), blockers);
    }
}
