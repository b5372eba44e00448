using System.Security.Claims;
using ImDapr.Contracts;
using ImDapr.ServiceDefaults.Auth;
using ImDapr.ServiceDefaults.Hosting;
using Microsoft.AspNetCore.Http.HttpResults;

namespace ImDapr.MessageService.Conversations;

public static class ConversationsApi
{
    public static void MapConversations(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/internal/conversations", (UserCall<ConversationsRequest> call, ConversationList list, CancellationToken cancellationToken) =>
            list.ReadAsync(call, cancellationToken));
        routes.MapGet("/api/conversations", ReadAsync).RequireAuthorization();
    }

    private static async Task<Results<Ok<ConversationSummary[]>, ProblemHttpResult>> ReadAsync(
        ClaimsPrincipal user, ConversationList list, CancellationToken cancellationToken, string? after = null, int limit = 0)
    {
        var call = new UserCall<ConversationsRequest>(user.UserId(), new ConversationsRequest(after, limit));
        var answer = await list.ReadAsync(call, cancellationToken);
        return answer.Refusal is { } refusal ? refusal.ToProblem() : TypedResults.Ok(answer.Value);
    }
}
