using ImDapr.ConnectionService.Sessions;
using ImDapr.Contracts;

namespace ImDapr.ConnectionService.Presence;

/// <summary>Records who is connected and tells those who watch. The record is what counts; a push is a hint.</summary>
public sealed partial class PresenceService(
    PresenceStore store, NodeLeases leases, PresenceChannels watchers, TimeProvider time, ILogger<PresenceService> logger)
{
    private static readonly TimeSpan PushTimeout = TimeSpan.FromSeconds(5);

    public async Task ConnectedAsync(string userId, DeviceSession session, CancellationToken cancellationToken)
    {
        var device = new ConnectedDevice(session.NodeId, session.Platform, time.GetUtcNow().ToUnixTimeMilliseconds(), session.ConnectionId);
        var changed = await store.ChangeAsync(userId, async devices =>
            devices.With(session.DeviceId, device, await leases.LiveAsync(devices.Nodes, cancellationToken)), cancellationToken);
        await TellAsync(userId, changed, cancellationToken);
    }

    public async Task DisconnectedAsync(string userId, DeviceSession session, CancellationToken cancellationToken)
    {
        var changed = await store.ChangeAsync(userId, async devices => devices.Holds(session.DeviceId, session.ConnectionId)
            ? devices.Without(session.DeviceId, session.ConnectionId, await leases.LiveAsync(devices.Nodes, cancellationToken))
            : null, cancellationToken);
        await TellAsync(userId, changed, cancellationToken);
    }

    /// <summary>Watches these users instead of those before, and says how they stand.</summary>
    public async Task<UserPresence[]> WatchAsync(LocalConnection caller, string[] userIds, CancellationToken cancellationToken)
    {
        // First the channels, then the answer: a change in between is told twice rather than not at all.
        await watchers.FollowAsync(caller, userIds, cancellationToken);
        var devices = await store.ReadAsync(userIds, cancellationToken);
        var live = await leases.LiveAsync(devices.Values.SelectMany(user => user.Nodes), cancellationToken);
        return [.. userIds.Select(userId => devices[userId].ToPresence(userId, live))];
    }

    /// <summary>The connection has gone.</summary>
    public Task UnwatchAsync(LocalConnection caller) => watchers.LeaveAsync(caller);

    /// <summary>
    /// Nodes are gone without a word: each node tells its own watchers of the users who were on them. Who had watched them learns from the store
    /// how they stand now; some may be back elsewhere.
    /// </summary>
    public async Task NodesDiedAsync(IReadOnlySet<string> nodes, CancellationToken cancellationToken)
    {
        foreach (var userIds in watchers.Names.Chunk(Limits.WatchedUsers))
        {
            var devices = await store.ReadAsync(userIds, cancellationToken);
            foreach (var (userId, user) in devices.Where(user => user.Value.Nodes.Any(nodes.Contains)))
            {
                var presence = user.ToPresence(userId, await leases.LiveAsync(user.Nodes, cancellationToken));
                await PushAsync(userId, watchers.PushHereAsync(userId, presence), cancellationToken);
            }
        }
    }

    private async Task TellAsync(string userId, ConnectedDevices? changed, CancellationToken cancellationToken)
    {
        if (changed is null)
            return;
        var live = await leases.LiveAsync(changed.Nodes, cancellationToken);
        await PushAsync(userId, watchers.PushAsync(userId, changed.ToPresence(userId, live)), cancellationToken);
    }

    private async Task PushAsync(string userId, Task push, CancellationToken cancellationToken)
    {
        await push.WaitAsync(PushTimeout, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!push.IsCompletedSuccessfully)
            LogNotTold(push.Exception?.InnerException, userId);
    }

    [LoggerMessage(2201, LogLevel.Warning, "Watchers of {UserId} could not be told of a change")]
    private partial void LogNotTold(Exception? failure, string userId);
}
