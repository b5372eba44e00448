using ImDapr.ConnectionService.Sessions;
using ImDapr.Contracts;

namespace ImDapr.ConnectionService.Timelines;

/// <summary>Which connections of this node follow which timelines. Every Sync tells the truth; events only make it known sooner.</summary>
public sealed class TimelineReaders(LocalConnections connections, TimelineChannels channels)
{
    /// <summary>Makes the connection follow these timelines and no others.</summary>
    /// <returns>Whether it follows one that it did not follow before.</returns>
    public Task<bool> FollowAsync(LocalConnection connection, IReadOnlyCollection<TimelineHead> timelines, CancellationToken connectionAborted) =>
        channels.FollowAsync(connection, timelines.Select(timeline => timeline.ConversationId), connectionAborted);

    /// <summary>Whoever is no member any more gets no further push, at once.</summary>
    public async Task EndAsync(TimelineMembers change)
    {
        foreach (var connection in change.Left.Distinct().SelectMany(userId => connections.Of(userId)))
        {
            if (connection.Timelines.Remove(change.ConversationId))
                await channels.LeaveAsync(connection, change.ConversationId);
        }
    }

    /// <summary>The connection has gone.</summary>
    public Task LeaveAsync(LocalConnection connection) => channels.LeaveAsync(connection);
}
