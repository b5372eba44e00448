using ImDapr.ConnectionService.Hubs;
using ImDapr.ConnectionService.Sessions;
using ImDapr.Contracts;
using Microsoft.AspNetCore.SignalR;

namespace ImDapr.ConnectionService.Delivery;

/// <summary>Writes inbox entries and receipts to the connections that this node holds, nothing of it over the backplane; entries in the order of their positions.</summary>
public sealed class LocalPushes(LocalConnections connections, IHubContext<ImHub, IImClient> hub, OrderedPushes pushes)
{
    /// <summary>What an event has for connections here: one push of entries for each connection, and the receipts of which it is known who holds their users.</summary>
    public IEnumerable<Task> Push(Deliveries deliveries) => Push(deliveries.Users, deliveries.Messages)
        .Concat(from receipt in deliveries.Receipts
                where receipt.Nodes is not null
                from userId in receipt.ToUserIds
                from connection in connections.Of(userId)
                select hub.Clients.Client(connection.Session.ConnectionId).Receipt(receipt.Receipt));

    private IEnumerable<Task> Push(IEnumerable<UserDelivery> users, Message[] messages)
    {
        foreach (var user in users)
        {
            var held = connections.Of(user.UserId);
            if (held.IsEmpty || user.Entries.Length == 0)
                continue;
            InboxEntry[] entries = [.. user.Entries.Select(entry => new InboxEntry(entry.Position, messages[entry.Message]))];
            foreach (var connection in held)
                yield return pushes.Push(connection.Order, entries, some => Write(connection, some));
        }
    }

    private Task Write(LocalConnection connection, IReadOnlyList<InboxEntry> entries) =>
        hub.Clients.Client(connection.Session.ConnectionId).Deliver(entries as InboxEntry[] ?? [.. entries]);
}
