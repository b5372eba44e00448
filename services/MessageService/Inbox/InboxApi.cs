using System.Security.Claims;
using Dapr;
using ImDapr.Contracts;
using ImDapr.ServiceDefaults.Actors;
using ImDapr.ServiceDefaults.Auth;
using ImDapr.ServiceDefaults.Hosting;
using Microsoft.AspNetCore.Http.HttpResults;

namespace ImDapr.MessageService.Inbox;

public static class InboxApi
{
    public static void MapInbox(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/internal/acks", async (AckBatch batch, InboxWriter inboxes, CancellationToken cancellationToken) =>
            new AckBatchAnswer(await Task.WhenAll(inboxes.Acknowledge(batch.Acks)).WaitAsync(cancellationToken)));
        routes.MapGet("/api/inbox", ReadAsync).RequireAuthorization();
        routes.MapPost("/events/inboxes", (EventEnvelope<InboxesGrown> grown, InboxWaiters waiters) => waiters.Wake(grown.Data.UserIds))
            .WithTopic(DaprNames.Broadcast, Topics.Inboxes).ExcludeFromDescription();
        routes.MapPost("/events/sessions", DropAsync)
            .WithTopic(new TopicOptions { PubsubName = DaprNames.PubSub, Name = Topics.Sessions, DeadLetterTopic = Topics.Dead(Topics.Sessions) })
            .ExcludeFromDescription();
    }

    /// <summary>The page after a position, for those without a socket. <paramref name="after"/> acknowledges everything up to it.</summary>
    private static async Task<Results<Ok<SyncPage>, ProblemHttpResult>> ReadAsync(
        ClaimsPrincipal user, InboxPoll poll, CancellationToken cancellationToken,
        long after = 0, int limit = 0, int waitSeconds = 0, string? epoch = null)
    {
        if (waitSeconds is < 0 or > InboxPoll.MaxWaitSeconds)
            return new Refusal(ErrorCodes.InvalidArgument, $"waitSeconds is between 0 and {InboxPoll.MaxWaitSeconds}.").ToProblem();
        var device = new PollingDevice(user.DeviceId(), user.Platform(), 0);
        var answer = await poll.ReadAsync(
            user.UserId(), device, new SyncRequest(after, limit, epoch), TimeSpan.FromSeconds(waitSeconds), cancellationToken);
        return answer.Refusal is { } refusal ? refusal.ToProblem() : TypedResults.Ok(answer.Value);
    }

    // Every device that was signed out, whatever it held: one that was replaced is still there.
    private static Task DropAsync(EventEnvelope<SessionEnded> session, UserActorClient actors, CancellationToken cancellationToken) =>
        session.Data is { ConnectionId: "", Reason: "revoked" } ended
            ? actors.DropDeviceAsync(ended.UserId, ended.DeviceId, cancellationToken)
            : Task.CompletedTask;
}
