using ImDapr.ConnectionService.Hubs;
using ImDapr.ConnectionService.Sessions;
using ImDapr.Contracts;
using Microsoft.AspNetCore.SignalR;

namespace ImDapr.ConnectionService.Delivery;

/// <summary>Writes inbox entries to the connections that this node holds: nothing goes over the backplane.</summary>
public sealed class LocalPushes(LocalConnections connections, IHubContext<ImHub, IImClient> hub)
{
    /// <summary>One push for each connection of each of these users here.</summary>
    public IEnumerable<Task> Push(IEnumerable<UserDelivery> users, Message[] messages)
    {
        foreach (var user in users)
        {
            var held = connections.Of(user.UserId);
            if (held.IsEmpty)
                continue;
            InboxEntry[] entries = [.. user.Entries.Select(entry => new InboxEntry(entry.Position, messages[entry.Message]))];
            foreach (var connection in held)
                yield return hub.Clients.Client(connection.Session.ConnectionId).Deliver(entries);
        }
    }
}
