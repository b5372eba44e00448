using System.Collections.Concurrent;
using Dapr.Client;
using ImDapr.ConnectionService.Presence;
using ImDapr.Contracts;
using ImDapr.ServiceDefaults.Actors;
using ImDapr.ServiceDefaults.Auth;
using Microsoft.AspNetCore.SignalR;

namespace ImDapr.ConnectionService.Hubs;

/// <summary>
/// One connection per device. Which one counts is decided by the user's actor; the node that holds the older one closes it, and learns of it by
/// <c>im.sessions</c>.
/// </summary>
public sealed partial class DeviceSessions(
    UserActorClient actors, PresenceTracker presence, NodeIdentity node, DaprClient dapr, IHubContext<ImHub, IImClient> hub, ILogger<DeviceSessions> logger)
{
    // A client that takes the Kicked closes by itself; the others are closed after this.
    private static readonly TimeSpan KickGrace = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<string, HubCallerContext> _connections = new();

    public DeviceSession SessionOf(HubCallerContext context) =>
        new(context.User!.DeviceId(), context.User!.Platform(), context.ConnectionId, node.Id);

    public async Task OpenAsync(HubCallerContext context)
    {
        var (userId, session) = (context.User!.UserId(), SessionOf(context));
        _connections[context.ConnectionId] = context;
        var opened = await actors.OpenSessionAsync(userId, session, context.ConnectionAborted);
        if (opened.Replaced is { } older)
            await EndAsync(new SessionEnded(userId, older.DeviceId, older.ConnectionId, "replaced"), context.ConnectionAborted);
        await presence.ConnectedAsync(userId, session, context.ConnectionAborted);
    }

    /// <summary>Not cancelled: the connection is gone already, and what it held must not stay behind.</summary>
    public async Task CloseAsync(HubCallerContext context)
    {
        _connections.TryRemove(context.ConnectionId, out _);
        var (userId, session) = (context.User!.UserId(), SessionOf(context));
        await presence.DisconnectedAsync(userId, session, CancellationToken.None);
        await actors.CloseSessionAsync(userId, session, CancellationToken.None);
    }

    /// <summary>Tells and closes the connections of this node that the event means; others do the same with theirs.</summary>
    public async Task CloseEndedAsync(SessionEnded ended, CancellationToken cancellationToken)
    {
        foreach (var context in _connections.Values.Where(context => IsMeant(context, ended)))
        {
            LogEnded(ended.UserId, ended.DeviceId, ended.Reason);
            await hub.Clients.Client(context.ConnectionId).Kicked(new Kick(ended.Reason));
            await AbortLaterAsync(context, cancellationToken);
        }
    }

    // The node that holds it is not known to be this one: all are told, the holder acts.
    private Task EndAsync(SessionEnded ended, CancellationToken cancellationToken) =>
        dapr.PublishEventAsync(DaprNames.Broadcast, Topics.Sessions, ended, cancellationToken);

    private static bool IsMeant(HubCallerContext context, SessionEnded ended) => ended.ConnectionId.Length > 0
        ? context.ConnectionId == ended.ConnectionId
        : context.User!.UserId() == ended.UserId && context.User!.DeviceId() == ended.DeviceId;

    // Aborted at once, the Kicked would be lost with whatever else is on its way out.
    private static async Task AbortLaterAsync(HubCallerContext context, CancellationToken cancellationToken)
    {
        var closed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using (context.ConnectionAborted.Register(closed.SetResult))
            await Task.WhenAny(closed.Task, Task.Delay(KickGrace, cancellationToken));
        context.Abort();
    }

    [LoggerMessage(2002, LogLevel.Information, "Session of {UserId} on {DeviceId} ends: {Reason}")]
    private partial void LogEnded(string userId, string deviceId, string reason);
}

/// <summary>This instance, by a name that is new at each start.</summary>
public sealed class NodeIdentity
{
    public string Id { get; } = $"{Environment.MachineName}-{Guid.NewGuid():N}"[..Math.Min(60, Environment.MachineName.Length + 33)];
}
