using System.Security.Claims;
using ImDapr.Contracts;
using ImDapr.ServiceDefaults.Auth;
using ImDapr.ServiceDefaults.Hosting;
using ImDapr.UserService.Accounts;
using Microsoft.AspNetCore.Http.HttpResults;

namespace ImDapr.UserService.Contacts;

public static class ContactsApi
{
    private static readonly Refusal NoSuchUser = new(ErrorCodes.NotFound, "There is no such user.");

    public static void MapContacts(this IEndpointRouteBuilder routes)
    {
        var contacts = routes.MapGroup("/api/contacts").RequireAuthorization();
        contacts.MapGet("/", ListAsync);
        contacts.MapPut("/{userId}", AskAsync);
        contacts.MapDelete("/{userId}", EndAsync);
    }

    private static async Task<Results<Ok<Contact[]>, ProblemHttpResult>> ListAsync(
        ClaimsPrincipal user, ContactStore store, CancellationToken cancellationToken, string? state = null, string? after = null, int? limit = null)
    {
        if (state is not (null or ContactStates.Accepted or ContactStates.Incoming or ContactStates.Outgoing))
            return Invalid($"state is {ContactStates.Accepted}, {ContactStates.Incoming} or {ContactStates.Outgoing}.");
        if (after is not null && !Ids.IsValid(after))
            return Invalid("after is the user id of the last contact of the page before.");
        if (limit < 1)
            return Invalid("limit is at least 1.");
        var size = Math.Min(limit ?? Limits.ContactsPageSize, Limits.ContactsPageSize);
        return TypedResults.Ok(await store.ListAsync(user.UserId(), state, after ?? "", size, cancellationToken));
    }

    private static async Task<Results<Ok<Contact>, ProblemHttpResult>> AskAsync(
        string userId, ClaimsPrincipal user, UserStore users, ContactStore store, ContactChanges contacts, CancellationToken cancellationToken,
        ContactRequest? request = null)
    {
        var own = user.UserId();
        if (userId == own)
            return Invalid("Nobody is one's own contact.");
        if (request?.Note?.Length > Limits.NoteLength)
            return Invalid($"note is at most {Limits.NoteLength} characters.");
        if (!Ids.IsValid(userId) || await users.FindAsync(userId, cancellationToken) is not { } other)
            return NoSuchUser.ToProblem();
        if (await contacts.AskAsync(own, userId, request?.Note, cancellationToken) is { } refusal)
            return refusal.ToProblem();
        var pair = await store.FindAsync(own, userId, cancellationToken);
        return pair.SeenBy(own) is null
            ? new Refusal(ErrorCodes.Conflict, "The other user ended it at the same moment.").ToProblem()
            : TypedResults.Ok(pair.ToContact(own, other));
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> EndAsync(
        string userId, ClaimsPrincipal user, ContactChanges contacts, CancellationToken cancellationToken)
    {
        if (!Ids.IsValid(userId))
            return NoSuchUser.ToProblem();
        await contacts.EndAsync(user.UserId(), userId, cancellationToken);
        return TypedResults.NoContent();
    }

    private static ProblemHttpResult Invalid(string sentence) => new Refusal(ErrorCodes.InvalidArgument, sentence).ToProblem();
}
