using System.Collections.Concurrent;
using Dapr.Client;

namespace ImDapr.ApprovalWorkflow;

public sealed record NewRequest(string RequesterId, string ApproverId, string Title);

public sealed record ApprovalRequest(string Id, string RequesterId, string ApproverId, string Title);

public sealed record Decision(bool Approved);

/// <summary>Requests that wait for somebody's word; both sides are told through ImDapr. A real one keeps them in a database.</summary>
public sealed class Approvals(DaprClient dapr)
{
    private readonly ConcurrentDictionary<string, ApprovalRequest> _open = new();

    public async Task<ApprovalRequest> AskAsync(NewRequest asked, CancellationToken cancellationToken)
    {
        var request = new ApprovalRequest(Guid.NewGuid().ToString("N"), asked.RequesterId, asked.ApproverId, asked.Title);
        _open[request.Id] = request;
        await TellAsync($"{request.Id}-asked", request.ApproverId, request, "asked", cancellationToken);
        return request;
    }

    /// <returns>False when nobody waits for this decision.</returns>
    public async Task<bool> DecideAsync(string id, Decision decision, CancellationToken cancellationToken)
    {
        if (!_open.TryGetValue(id, out var request))
            return false;
        // Told first, closed then: if the first fails, the decision is made again, and the same id makes the second notification a repeat.
        await TellAsync($"{id}-decided", request.RequesterId, request, decision.Approved ? "approved" : "refused", cancellationToken);
        _open.TryRemove(id, out _);
        return true;
    }

    private Task TellAsync(string notificationId, string userId, ApprovalRequest request, string state, CancellationToken cancellationToken) =>
        dapr.PublishEventAsync(
            "pubsub", "im.notifications",
            new
            {
                id = notificationId,
                to = new { userIds = new[] { userId } },
                type = "notification",
                body = new { kind = "approval", requestId = request.Id, title = request.Title, state },
            },
            cancellationToken);
}
