using ImDapr.ConnectionService.Hubs;
using ImDapr.ConnectionService.Sessions;
using ImDapr.Contracts;
using Microsoft.AspNetCore.SignalR;

namespace ImDapr.ConnectionService.Delivery;

/// <summary>Writes inbox entries, receipts and typing notices to the connections that this node holds; entries in the order of their positions.</summary>
public sealed class LocalPushes(LocalConnections connections, IHubContext<ImHub, IImClient> hub, OrderedPushes pushes)
{
    /// <summary>What an event has for connections here: one push of entries for each connection, and one for each receipt and notice.</summary>
    public IEnumerable<Task> Push(Deliveries deliveries) => Push(deliveries.Users, deliveries.Messages)
        .Concat(deliveries.Receipts.SelectMany(receipt => ClientsOf(receipt.ToUserIds).Select(client => client.Receipt(receipt.Receipt))))
        .Concat((deliveries.Typings ?? []).SelectMany(typing => ClientsOf(typing.ToUserIds).Select(client => client.Typing(typing.Typing))));

    // Not SignalR's users: it looks for them among all connections.
    private IEnumerable<IImClient> ClientsOf(IEnumerable<string> userIds) => userIds.SelectMany(userId => connections.Of(userId)).Select(ClientOf);

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
        ClientOf(connection).Deliver(entries as InboxEntry[] ?? [.. entries]);

    private IImClient ClientOf(LocalConnection connection) => hub.Clients.Client(connection.Session.ConnectionId);
}
