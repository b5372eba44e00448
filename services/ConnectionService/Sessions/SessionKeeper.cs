using ImDapr.ConnectionService.Presence;
using ImDapr.ServiceDefaults.Actors;

namespace ImDapr.ConnectionService.Sessions;

/// <summary>Opens and closes device sessions: in the registry of this node, in the user's actor, in presence.</summary>
/// <remarks>
/// A close never undoes a newer open: the actor and presence both compare the connection id. Neither call follows the connection's own
/// token: an open that is abandoned half-way would leave a session that nobody closes.
/// </remarks>
public sealed class SessionKeeper(LocalConnections connections, UserActorClient actors, SessionCloser closer, PresenceService presence, TimeProvider time)
{
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(10);

    public async Task OpenAsync(LocalConnection connection)
    {
        using var timeout = new CancellationTokenSource(CallTimeout, time);
        connections.Add(connection);
        var opened = await actors.OpenSessionAsync(connection.UserId, connection.Session, timeout.Token);
        if (opened.Replaced is { } old && old.ConnectionId != connection.Session.ConnectionId)
            await closer.EndAsync(connection.UserId, old, SessionCloser.Replaced, timeout.Token);
        foreach (var excluded in opened.Excluded ?? [])
            await closer.EndAsync(connection.UserId, excluded, SessionCloser.Policy, timeout.Token);
        await presence.ConnectedAsync(connection.UserId, connection.Session, timeout.Token);
    }

    public async Task CloseAsync(LocalConnection connection)
    {
        using var timeout = new CancellationTokenSource(CallTimeout, time);
        connections.Remove(connection.Session.ConnectionId);
        var session = actors.CloseSessionAsync(connection.UserId, connection.Session, timeout.Token);
        var device = presence.DisconnectedAsync(connection.UserId, connection.Session, timeout.Token);
        await Task.WhenAll(session, device);
    }
}
