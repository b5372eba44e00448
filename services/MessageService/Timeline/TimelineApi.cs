using System.Security.Claims;
using ImDapr.Contracts;
using ImDapr.ServiceDefaults.Auth;
using ImDapr.ServiceDefaults.Hosting;
using Microsoft.AspNetCore.Http.HttpResults;

namespace ImDapr.MessageService.Timeline;

public static class TimelineApi
{
    public static void MapTimeline(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/internal/history", (UserCall<HistoryRequest> call, TimelineReader reader, CancellationToken cancellationToken) =>
            reader.ReadAsync(call, cancellationToken));
        routes.MapGet("/api/conversations/{conversationId}/messages", ReadAsync).RequireAuthorization();
    }

    // For those without a socket: the same page as the hub's History.
    private static async Task<Results<Ok<HistoryPage>, ProblemHttpResult>> ReadAsync(
        string conversationId, ClaimsPrincipal user, TimelineReader reader, CancellationToken cancellationToken,
        long? before = null, long? after = null, int limit = 0)
    {
        var request = new HistoryRequest(conversationId, before, after, limit);
        var answer = await reader.ReadAsync(new UserCall<HistoryRequest>(user.UserId(), request), cancellationToken);
        return answer.Refusal is { } refusal ? refusal.ToProblem() : TypedResults.Ok(answer.Value);
    }
}
