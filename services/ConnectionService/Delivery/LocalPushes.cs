using System.Collections.Concurrent;
using System.Threading.Channels;
using ImDapr.ConnectionService.Hubs;
using ImDapr.ConnectionService.Sessions;
using ImDapr.Contracts;
using Microsoft.AspNetCore.SignalR;

namespace ImDapr.ConnectionService.Delivery;

/// <summary>
/// Writes inbox entries to the connections that this node holds, nothing of it over the backplane. What overtook something else waits a moment for it
/// (<see cref="PushOrder"/>).
/// </summary>
public sealed class LocalPushes(LocalConnections connections, IHubContext<ImHub, IImClient> hub, TimeProvider time) : BackgroundService
{
    // Events that overtake each other do so by some milliseconds. Longer than that something is lost, and the device should know.
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(25);

    private readonly ConcurrentDictionary<LocalConnection, bool> _holding = new(ReferenceEqualityComparer.Instance);
    private readonly Channel<bool> _begun = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

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
                yield return Push(connection, entries);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await foreach (var _ in _begun.Reader.ReadAllAsync(stoppingToken))
        {
            while (!_holding.IsEmpty)
            {
                await Task.Delay(Look, time, stoppingToken);
                foreach (var (connection, _) in _holding)
                    GiveUp(connection);
            }
        }
    }

    private Task Push(LocalConnection connection, InboxEntry[] entries)
    {
        lock (connection.Order)
        {
            var taken = connection.Order.Take(entries, Now);
            if (connection.Order.HeldSince > 0 && _holding.TryAdd(connection, true))
                _begun.Writer.TryWrite(true);
            return Write(connection, taken);
        }
    }

    private void GiveUp(LocalConnection connection)
    {
        lock (connection.Order)
        {
            if (connection.Order.HeldSince is > 0 and var since && Now - since < Patience.TotalMilliseconds)
                return;
            _holding.TryRemove(connection, out _);
            // Written by SignalR in its own time; a connection that does not take it is closed there.
            _ = Write(connection, connection.Order.TakeAll());
        }
    }

    // In the lock: what is given to SignalR in order is written in order.
    private Task Write(LocalConnection connection, IReadOnlyList<InboxEntry> entries) =>
        entries.Count == 0 ? Task.CompletedTask : hub.Clients.Client(connection.Session.ConnectionId).Deliver(entries as InboxEntry[] ?? [.. entries]);

    private long Now => time.GetUtcNow().ToUnixTimeMilliseconds();
}
