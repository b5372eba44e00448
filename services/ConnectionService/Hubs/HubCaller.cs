using ImDapr.ConnectionService.Sessions;
using ImDapr.Contracts;
using ImDapr.ServiceDefaults.Auth;
using Microsoft.AspNetCore.SignalR;

namespace ImDapr.ConnectionService.Hubs;

/// <summary>Who is behind a connection, from its token; remembered with the connection.</summary>
public static class HubCaller
{
    /// <summary>Remembers who it is. Before any call of it: from then on it is only read.</summary>
    public static void Open(this HubCallerContext context, NodeIdentity node)
    {
        var user = context.User!;
        var session = new DeviceSession(user.DeviceId(), user.Platform(), context.ConnectionId, node.NodeId);
        // Not an item: a connection has its features anyway, and would have half a kilobyte for its items.
        context.Features.Set(new LocalConnection(context, user.UserId(), session));
    }

    /// <summary>Who it was when it was opened.</summary>
    public static LocalConnection Connection(this HubCallerContext context) =>
        context.Features.Get<LocalConnection>() ?? throw new InvalidOperationException($"Connection {context.ConnectionId} was not opened.");

    /// <summary>The value of an answer, or its refusal as the hub error that the protocol names.</summary>
    public static T OrRefuse<T>(this Answer<T> answer) where T : class =>
        answer.Refusal is { } refusal
            ? throw new HubException(refusal.ToString())
            : answer.Value ?? throw new InvalidOperationException("An answer holds neither a value nor a refusal.");

    public static HubException Refused(string code, string sentence) => new(new Refusal(code, sentence).ToString());
}
