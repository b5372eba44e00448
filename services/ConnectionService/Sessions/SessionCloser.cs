using Dapr.Client;
using ImDapr.ConnectionService.Hubs;
using ImDapr.Contracts;
using ImDapr.ServiceDefaults.Versions;
using Microsoft.AspNetCore.SignalR;

namespace ImDapr.ConnectionService.Sessions;

/// <summary>Ends sessions wherever they live: the node that holds the connection tells it why, and closes it.</summary>
public sealed partial class SessionCloser(
    LocalConnections connections, NodeIdentity node, IHubContext<ImHub, IImClient> hub, DaprClient dapr, TimeProvider time, ILogger<SessionCloser> logger)
{
    public const string Replaced = "replaced";
    public const string Policy = "policy";

    // Abort throws away what is on its way out (dotnet/aspnetcore#21422). A client that was told goes by itself; a dead link is cut off.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(2);

    /// <summary>Another connection has taken this one's place: it goes, on whatever node it is.</summary>
    public Task EndAsync(string userId, DeviceSession old, string reason, CancellationToken cancellationToken)
    {
        var ended = new SessionEnded(userId, old.DeviceId, old.ConnectionId, reason);
        return old.NodeId == node.NodeId
            ? EndLocalAsync(ended, cancellationToken)
            : dapr.PublishAsync(DaprNames.Broadcast, ended, cancellationToken);
    }

    /// <summary>Closes what this node holds of an ended session; nothing to do is the usual case.</summary>
    public Task EndLocalAsync(SessionEnded ended, CancellationToken cancellationToken) =>
        Task.WhenAll(connections.Of(ended).Select(connection => CloseAsync(connection, ended.Reason, cancellationToken)));

    private Task CloseAsync(LocalConnection connection, string reason, CancellationToken cancellationToken)
    {
        LogEnded(connection.Session.ConnectionId, connection.UserId, connection.Session.DeviceId, reason);
        AbortAfterGrace(connection.Context);
        return hub.Clients.Client(connection.Session.ConnectionId).Kicked(new Kick(reason)).WaitAsync(cancellationToken);
    }

    private void AbortAfterGrace(HubCallerContext context)
    {
        var timer = time.CreateTimer(static state => ((HubCallerContext)state!).Abort(), context, Grace, Timeout.InfiniteTimeSpan);
        context.ConnectionAborted.Register(timer.Dispose); // and so the connection keeps its timer alive
    }

    [LoggerMessage(2010, LogLevel.Information, "Connection {ConnectionId} of {UserId} on {DeviceId} is closed: {Reason}")]
    private partial void LogEnded(string connectionId, string userId, string deviceId, string reason);
}
