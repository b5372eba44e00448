using ImDapr.ConnectionService.Presence;
using ImDapr.ConnectionService.Sending;
using ImDapr.Contracts;
using ImDapr.ServiceDefaults.Actors;
using ImDapr.ServiceDefaults.Auth;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.SignalR;

namespace ImDapr.ConnectionService.Hubs;

/// <summary>The client protocol (docs/protocol.md). It translates and decides nothing; the user and the device come from the token.</summary>
[Authorize]
public sealed class ImHub(
    SendQueue sends, MessageServiceClient messages, UserActorClient actors, DeviceSessions sessions, PresenceWatch presence) : Hub<IImClient>
{
    public override Task OnConnectedAsync() => sessions.OpenAsync(Context);

    public override Task OnDisconnectedAsync(Exception? exception) => sessions.CloseAsync(Context);

    public async Task<SendAck> Send(Argument<SendMessage> message)
    {
        var command = new SendCommand(UserId, DeviceId, message.Value);
        return Unwrap(await sends.SendAsync(command, Context.ConnectionAborted));
    }

    public async Task<SyncPage> Sync(Argument<SyncRequest> request) =>
        Unwrap(await actors.SyncAsync(UserId, new ActorSync(sessions.SessionOf(Context), request.Value), Context.ConnectionAborted));

    public async Task Ack(Argument<AckRequest> request) =>
        Unwrap(await actors.AckAsync(UserId, new ActorAck(DeviceId, request.Value.Position), Context.ConnectionAborted));

    public async Task Read(Argument<ReadRequest> request) => Unwrap(await messages.ReadAsync(UserId, request.Value, Context.ConnectionAborted));

    public async Task<HistoryPage> History(Argument<HistoryRequest> request) =>
        Unwrap(await messages.HistoryAsync(UserId, request.Value, Context.ConnectionAborted));

    public async Task<ConversationSummary[]> Conversations(Argument<ConversationsRequest> request) =>
        Unwrap(await messages.ConversationsAsync(UserId, request.Value, Context.ConnectionAborted));

    public async Task<UserPresence[]> WatchPresence(Argument<WatchPresenceRequest> request) =>
        Unwrap(await presence.WatchAsync(Context.ConnectionId, request.Value, Context.ConnectionAborted));

    private string UserId => Context.User!.UserId();

    private string DeviceId => Context.User!.DeviceId();

    private static T Unwrap<T>(Answer<T> answer) where T : class =>
        answer.Value ?? throw new HubException((answer.Refusal ?? new Refusal(ErrorCodes.Unavailable, "No answer; try again.")).ToString());
}
