using Dapr.Client;
using ImDapr.ConnectionService.Hubs;
using ImDapr.Contracts;
using Microsoft.AspNetCore.SignalR;

namespace ImDapr.ConnectionService.Sessions;

/// <summary>Ends sessions wherever they live: the node that holds the connection tells it why, and closes it.</summary>
public sealed partial class SessionCloser(
    LocalConnections connections, NodeIdentity node, IHubContext<ImHub, IImClient> hub, DaprClient dapr, TimeProvider time, ILogger<SessionCloser> logger)
{
    public const string Replaced = "replaced";

    // A device whose link is dead reads nothing: the reason is worth this long a wait, the close is certain.
    private static readonly TimeSpan KickTimeout = TimeSpan.FromSeconds(2);

    /// <summary>The same device has connected again: its older connection goes.</summary>
    public Task ReplaceAsync(string userId, DeviceSession old, CancellationToken cancellationToken)
    {
        var ended = new SessionEnded(userId, old.DeviceId, old.ConnectionId, Replaced);
        return old.NodeId == node.NodeId
            ? EndLocalAsync(ended, cancellationToken)
            : dapr.PublishEventAsync(DaprNames.Broadcast, Topics.Sessions, ended, cancellationToken);
    }

    /// <summary>Closes what this node holds of an ended session; nothing to do is the usual case.</summary>
    public Task EndLocalAsync(SessionEnded ended, CancellationToken cancellationToken) =>
        Task.WhenAll(connections.Of(ended).Select(connection => CloseAsync(connection, ended.Reason, cancellationToken)));

    private async Task CloseAsync(LocalConnection connection, string reason, CancellationToken cancellationToken)
    {
        LogEnded(connection.Session.ConnectionId, connection.UserId, connection.Session.DeviceId, reason);
        // A write to a local connection completes when it is in its transport's pipe; Abort then appends the close message and lets the
        // pipe drain. So the reason always goes out before the end, and the close message tells the client not to come back by itself.
        var kick = hub.Clients.Client(connection.Session.ConnectionId).Kicked(new Kick(reason));
        await kick.WaitAsync(KickTimeout, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        connection.Context.Abort();
    }

    [LoggerMessage(2010, LogLevel.Information, "Connection {ConnectionId} of {UserId} on {DeviceId} is closed: {Reason}")]
    private partial void LogEnded(string connectionId, string userId, string deviceId, string reason);
}
