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
        routes.MapPost("/internal/conversations/update", (UserCall<ConversationUpdate> call, ConversationSettings settings, CancellationToken cancellationToken) =>
            settings.UpdateAsync(call, cancellationToken));
        routes.MapPost("/internal/typing", (UserCall<TypingRequest> call, Typing typing, CancellationToken cancellationToken) =>
            typing.TellAsync(call, cancellationToken));
        routes.MapGet("/api/conversations", ReadAsync).RequireAuthorization();
        routes.MapPatch("/api/conversations/{conversationId}", UpdateAsync).RequireAuthorization();
    }

    private static async Task<Results<Ok<ConversationSummary[]>, ProblemHttpResult>> ReadAsync(
        ClaimsPrincipal user, ConversationList list, CancellationToken cancellationToken, string? after = null, int limit = 0)
    {
        var call = new UserCall<ConversationsRequest>(user.UserId(), new ConversationsRequest(after, limit));
        var answer = await list.ReadAsync(call, cancellationToken);
        return answer.Refusal is { } refusal ? refusal.ToProblem() : TypedResults.Ok(answer.Value);
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> UpdateAsync(
        string conversationId, ConversationUpdate update, ClaimsPrincipal user, ConversationSettings settings, CancellationToken cancellationToken)
    {
        if (update.ConversationId is { } named && named != conversationId)
            return new Refusal(ErrorCodes.InvalidArgument, "conversationId is another than that of the address; leave it out.").ToProblem();
        var call = new UserCall<ConversationUpdate>(user.UserId(), update with { ConversationId = conversationId });
        var answer = await settings.UpdateAsync(call, cancellationToken);
        return answer.Refusal is { } refusal ? refusal.ToProblem() : TypedResults.NoContent();
    }
}
