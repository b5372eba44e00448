using ImDapr.ConnectionService.Sessions;
using ImDapr.Contracts;

namespace ImDapr.ConnectionService.Timelines;

/// <summary>Which connections of this node follow which timelines. Every Sync tells the truth; events only make it known sooner.</summary>
public sealed class TimelineReaders(LocalConnections connections, TimelineChannels channels)
{
    /// <summary>Makes the connection follow these timelines and no others.</summary>
    /// <returns>Whether it follows one that it did not follow before.</returns>
    public async Task<bool> FollowAsync(LocalConnection connection, IReadOnlyCollection<TimelineHead> timelines, CancellationToken connectionAborted)
    {
        var (added, removed) = connection.Timelines.Replace(timelines.Select(timeline => timeline.ConversationId));
        foreach (var conversationId in removed)
            await channels.LeaveAsync(connection, conversationId);
        await JoinAsync(connection, added, connectionAborted);
        return added.Count > 0;
    }

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
    public async Task LeaveAsync(LocalConnection connection)
    {
        foreach (var conversationId in connection.Timelines.Replace([]).Removed)
            await channels.LeaveAsync(connection, conversationId);
    }

    private async Task JoinAsync(LocalConnection connection, IReadOnlyList<string> added, CancellationToken connectionAborted)
    {
        var joined = 0;
        try
        {
            for (; joined < added.Count; joined++)
                await channels.JoinAsync(connection, added[joined], connectionAborted);
        }
        finally
        {
            // So that the next Sync tries again.
            foreach (var conversationId in added.Skip(joined))
                connection.Timelines.Remove(conversationId);
        }
    }
}
