using System.Diagnostics;
using ImDapr.ConnectionService.Presence;
using ImDapr.ConnectionService.Protocol;
using ImDapr.ConnectionService.Sending;
using ImDapr.ConnectionService.Sessions;
using ImDapr.ConnectionService.Timelines;
using ImDapr.Contracts;
using ImDapr.ServiceDefaults.Actors;
using ImDapr.ServiceDefaults.Observability;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.SignalR;

namespace ImDapr.ConnectionService.Hubs;

/// <summary>The client protocol (docs/protocol.md). It translates and decides nothing: who calls comes from the token, the rest from the owners.</summary>
public sealed partial class ImHub(
    SendQueue sends, AckQueue acks, UserActorClient actors, MessageServiceClient messages, TimelineReaders timelines, PresenceService presence, SessionKeeper sessions,
    HubDrain drain, ILogger<ImHub> logger) : Hub<IImClient>
{
    private LocalConnection Caller => Context.Connection();

    public async Task<SendAck> Send(Argument<SendMessage> message)
    {
        var send = message.Value;
        if (send.SenderId is { } sender && sender != Caller.UserId)
            throw HubCaller.Refused(ErrorCodes.Unauthorized, "The sender is the user of the token.");
        var command = new SendCommand(
            Caller.UserId, Caller.Session.DeviceId, send with { SenderId = null }, StageSpans.TraceParentOf(Activity.Current));
        return (await sends.SendAsync(command, Context.ConnectionAborted)).OrRefuse();
    }

    /// <summary>A timeline that is followed from now on is asked for again: what was stored before its pushes began is in the second answer.</summary>
    public async Task<SyncPage> Sync(Argument<SyncRequest> request)
    {
        var sync = new ActorSync(Caller.Session, request.Value);
        var page = await SyncAsync(sync);
        return await timelines.FollowAsync(Caller, page.Timelines, Context.ConnectionAborted) ? await SyncAsync(sync) : page;
    }

    public async Task Ack(Argument<AckRequest> request) =>
        (await acks.AcknowledgeAsync(new DeviceAck(Caller.UserId, Caller.Session.DeviceId, request.Value.Position), Context.ConnectionAborted)).OrRefuse();

    public async Task Read(Argument<ReadRequest> request) =>
        (await messages.ReadAsync(Call(request.Value), Context.ConnectionAborted)).OrRefuse();

    public async Task Recall(Argument<RecallRequest> request) =>
        (await messages.RecallAsync(Call(request.Value), Context.ConnectionAborted)).OrRefuse();

    public async Task Typing(Argument<TypingRequest> request) =>
        (await messages.TypingAsync(Call(request.Value), Context.ConnectionAborted)).OrRefuse();

    public async Task UpdateConversation(Argument<ConversationUpdate> update) =>
        (await messages.UpdateConversationAsync(Call(update.Value), Context.ConnectionAborted)).OrRefuse();

    public async Task<Receipt[]> Receipts(Argument<ReceiptsRequest> request) =>
        (await messages.ReceiptsAsync(Call(request.Value), Context.ConnectionAborted)).OrRefuse();

    public async Task<HistoryPage> History(Argument<HistoryRequest> request) =>
        (await messages.HistoryAsync(Call(request.Value), Context.ConnectionAborted)).OrRefuse();

    public async Task<ConversationSummary[]> Conversations(Argument<ConversationsRequest> request) =>
        (await messages.ConversationsAsync(Call(request.Value), Context.ConnectionAborted)).OrRefuse();

    public Task<UserPresence[]> WatchPresence(Argument<WatchPresenceRequest> request) =>
        presence.WatchAsync(Caller, WatchedUsers.From(request.Value), Context.ConnectionAborted);

    private UserCall<T> Call<T>(T request) => new(Caller.UserId, request, Caller.Session.DeviceId);

    private async Task<SyncPage> SyncAsync(ActorSync sync)
    {
        var page = (await actors.SyncAsync(Caller.UserId, sync, Context.ConnectionAborted)).OrRefuse();
        if (page.Next == page.Head)
        {
            lock (Caller.Order)
                Caller.Order.Synced(page.Head, page.Epoch);
        }
        return page;
    }

    public override async Task OnConnectedAsync()
    {
        try
        {
            await sessions.OpenAsync(Caller);
            if (drain.Farewell is { } within)
                await Clients.Caller.Reconnect(within);
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
        await timelines.LeaveAsync(Caller);
        await presence.UnwatchAsync(Caller);
    }

    [LoggerMessage(2001, LogLevel.Warning, "The session of {UserId} on {DeviceId} cannot be opened now: its connection is asked to come back")]
    private partial void LogNotOpened(Exception failure, string userId, string deviceId);

    [LoggerMessage(2002, LogLevel.Warning, "The session of {UserId} on {DeviceId} could not be closed: it ends with its next connection")]
    private partial void LogNotClosed(Exception failure, string userId, string deviceId);
}
