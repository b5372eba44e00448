using ImDapr.ConnectionService.Hubs;
using ImDapr.ConnectionService.Sessions;
using ImDapr.Contracts;
using Microsoft.AspNetCore.SignalR;

namespace ImDapr.ConnectionService.Timelines;

/// <summary>
/// Which connections of this node follow which timelines: one SignalR group per conversation, so that a message for ten thousand members is
/// published once. Every Sync tells the truth; events only make it known sooner.
/// </summary>
public sealed class TimelineReaders(LocalConnections connections, IHubContext<ImHub, IImClient> hub)
{
    /// <summary>Makes the connection follow these timelines and no others.</summary>
    /// <returns>Whether it follows one that it did not follow before.</returns>
    public async Task<bool> FollowAsync(LocalConnection connection, IReadOnlyCollection<TimelineHead> timelines, CancellationToken cancellationToken)
    {
        var (added, removed) = connection.Timelines.Replace(timelines.Select(timeline => timeline.ConversationId));
        foreach (var conversationId in removed)
            await LeaveAsync(connection, conversationId, cancellationToken);
        foreach (var conversationId in added)
            await hub.Groups.AddToGroupAsync(connection.Session.ConnectionId, Group(conversationId), cancellationToken);
        return added.Count > 0;
    }

    /// <summary>Whoever is no member any more gets no further push, at once.</summary>
    public async Task EndAsync(TimelineMembers change, CancellationToken cancellationToken)
    {
        foreach (var connection in change.Left.Distinct().SelectMany(userId => connections.Of(userId)))
        {
            if (connection.Timelines.Remove(change.ConversationId))
                await LeaveAsync(connection, change.ConversationId, cancellationToken);
        }
    }

    public static string Group(string conversationId) => $"timeline:{conversationId}";

    private Task LeaveAsync(LocalConnection connection, string conversationId, CancellationToken cancellationToken) =>
        hub.Groups.RemoveFromGroupAsync(connection.Session.ConnectionId, Group(conversationId), cancellationToken);
}
