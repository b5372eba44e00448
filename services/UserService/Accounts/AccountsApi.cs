using System.Security.Claims;
using ImDapr.Contracts;
using ImDapr.ServiceDefaults.Auth;
using ImDapr.ServiceDefaults.Hosting;
using ImDapr.UserService.Relations;
using Microsoft.AspNetCore.Http.HttpResults;

namespace ImDapr.UserService.Accounts;

public static class AccountsApi
{
    public static void MapAccounts(this IEndpointRouteBuilder routes)
    {
        var users = routes.MapGroup("/api/users");
        users.MapPost("/", RegisterAsync).AllowAnonymous();
        users.MapGet("/me", (ClaimsPrincipal user, UserStore store, CancellationToken cancellationToken) => FindAsync(user.UserId(), store, cancellationToken)).RequireAuthorization();
        users.MapPatch("/me", UpdateAsync).RequireAuthorization();
        users.MapGet("/{userId}", FindAsync).RequireAuthorization();
    }

    private static async Task<Results<Created<UserProfile>, ProblemHttpResult>> RegisterAsync(
        RegisterRequest request, UserStore store, PasswordRules passwords, CancellationToken cancellationToken)
    {
        if (Check(request) is { } refusal)
            return refusal.ToProblem();
        var profile = new UserProfile(request.UserId!, request.DisplayName ?? request.UserId!);
        return await store.AddAsync(profile.UserId, profile.DisplayName, passwords.Hash(profile.UserId, request.Password!), cancellationToken)
            ? TypedResults.Created($"/api/users/{profile.UserId}", profile)
            : new Refusal(ErrorCodes.Conflict, $"The user id {profile.UserId} is taken.").ToProblem();
    }

    private static Refusal? Check(RegisterRequest request)
    {
        if (!Ids.IsValid(request.UserId))
            return Invalid("userId is needed: 1 to 64 letters, digits, dots, underscores or hyphens, the first a letter or digit.");
        if (!PasswordRules.IsAcceptable(request.Password))
            return Invalid($"password is needed: {PasswordRules.MinLength} to {PasswordRules.MaxLength} characters.");
        return request.DisplayName is null || IsName(request.DisplayName) ? null : Invalid(NameRule);
    }

    private static async Task<Results<Ok<UserProfile>, ProblemHttpResult>> FindAsync(string userId, UserStore store, CancellationToken cancellationToken)
    {
        var profile = Ids.IsValid(userId) ? await store.FindAsync(userId, cancellationToken) : null;
        return profile is null ? new Refusal(ErrorCodes.NotFound, "There is no such user.").ToProblem() : TypedResults.Ok(profile);
    }

    private static async Task<Results<Ok<UserProfile>, ProblemHttpResult>> UpdateAsync(
        ProfileUpdate update, ClaimsPrincipal user, UserStore store, RelationsPublisher relations, CancellationToken cancellationToken)
    {
        if (update.DisplayName is { } name)
        {
            if (!IsName(name))
                return Invalid(NameRule).ToProblem();
            await store.RenameAsync(user.UserId(), name, cancellationToken);
            await relations.PublishAsync(new RelationChanged(RelationKinds.Profile, user.UserId(), 0, RelationActions.Updated, user.UserId(), [user.UserId()]), cancellationToken);
        }
        return await FindAsync(user.UserId(), store, cancellationToken);
    }

    private static readonly string NameRule = $"displayName is 1 to {Limits.DisplayNameLength} characters.";

    private static bool IsName(string name) => !string.IsNullOrWhiteSpace(name) && name.Length <= Limits.DisplayNameLength;

    private static Refusal Invalid(string sentence) => new(ErrorCodes.InvalidArgument, sentence);
}
