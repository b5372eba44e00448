using ImDapr.ConnectionService.Presence;
using ImDapr.ConnectionService.Protocol;
using ImDapr.ConnectionService.Sending;
using ImDapr.ConnectionService.Sessions;
using ImDapr.Contracts;
using ImDapr.ServiceDefaults.Actors;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.SignalR;

namespace ImDapr.ConnectionService.Hubs;

/// <summary>The client protocol (docs/protocol.md). It translates and decides nothing: who calls comes from the token, the rest from the owners.</summary>
public sealed partial class ImHub(
    SendQueue sends, UserActorClient actors, MessageServiceClient messages, PresenceService presence, SessionKeeper sessions, NodeIdentity node,
    ILogger<ImHub> logger) : Hub<IImClient>
{
    private LocalConnection Caller => Context.Connection(node);

    public async Task<SendAck> Send(Argument<SendMessage> message)
    {
        var send = message.Value;
        if (send.SenderId is { } sender && sender != Caller.UserId)
            throw HubCaller.Refused(ErrorCodes.Unauthorized, "The sender is the user of the token.");
        var command = new SendCommand(Caller.UserId, Caller.Session.DeviceId, send with { SenderId = null });
        return (await sends.SendAsync(command, Context.ConnectionAborted)).OrRefuse();
    }

    public async Task<SyncPage> Sync(Argument<SyncRequest> request) =>
        (await actors.SyncAsync(Caller.UserId, new ActorSync(Caller.Session, request.Value), Context.ConnectionAborted)).OrRefuse();

    public async Task Ack(Argument<AckRequest> request) =>
        (await actors.AckAsync(Caller.UserId, new ActorAck(Caller.Session.DeviceId, request.Value.Position), Context.ConnectionAborted)).OrRefuse();

    public async Task Read(Argument<ReadRequest> request) =>
        (await messages.ReadAsync(new(Caller.UserId, request.Value), Context.ConnectionAborted)).OrRefuse();

    public async Task<HistoryPage> History(Argument<HistoryRequest> request) =>
        (await messages.HistoryAsync(new(Caller.UserId, request.Value), Context.ConnectionAborted)).OrRefuse();

    public async Task<ConversationSummary[]> Conversations(Argument<ConversationsRequest> request) =>
        (await messages.ConversationsAsync(new(Caller.UserId, request.Value), Context.ConnectionAborted)).OrRefuse();

    public Task<UserPresence[]> WatchPresence(Argument<WatchPresenceRequest> request) =>
        presence.WatchAsync(Context, WatchedUsers.From(request.Value), Context.ConnectionAborted);

    public override async Task OnConnectedAsync()
    {
        try
        {
            await sessions.OpenAsync(Caller);
        }
        catch (Exception failure)
        {
            // Thrown on, it would tell the client never to come back and skip the disconnect. A requested close lets it reconnect by itself.
            LogNotOpened(failure, Caller.UserId, Caller.Session.DeviceId);
            Context.Features.Get<IConnectionLifetimeNotificationFeature>()?.RequestClose();
        }
    }

    public override async Task OnDisconnectedAsync(Exception? exception)
    {
        try
        {
            await sessions.CloseAsync(Caller);
        }
        catch (Exception failure)
        {
            LogNotClosed(failure, Caller.UserId, Caller.Session.DeviceId);
        }
    }

    [LoggerMessage(2001, LogLevel.Warning, "The session of {UserId} on {DeviceId} cannot be opened now: its connection is asked to come back")]
    private partial void LogNotOpened(Exception failure, string userId, string deviceId);

    [LoggerMessage(2002, LogLevel.Warning, "The session of {UserId} on {DeviceId} could not be closed: it ends with its next connection")]
    private partial void LogNotClosed(Exception failure, string userId, string deviceId);
}
