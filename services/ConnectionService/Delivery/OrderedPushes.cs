using System.Collections.Concurrent;
using System.Threading.Channels;
using ImDapr.Contracts;

namespace ImDapr.ConnectionService.Delivery;

/// <summary>Writes pushes in their order (<see cref="PushOrder"/>). What overtook something else waits a moment for it.</summary>
public sealed class OrderedPushes(TimeProvider time) : BackgroundService
{
    // Events that overtake each other do so by some milliseconds. Longer than that something is lost, and the device should know.
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(25);

    private readonly ConcurrentDictionary<PushOrder, Func<IReadOnlyList<InboxEntry>, Task>> _holding = new();
    private readonly Channel<bool> _begun = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    /// <summary>Writes what may go now.</summary>
    /// <param name="order">Of what is written there; locked meanwhile.</param>
    /// <param name="entries">By ascending position.</param>
    /// <param name="write">Begins to write before it returns. The same for everything of this order.</param>
    public Task Push(PushOrder order, IReadOnlyList<InboxEntry> entries, Func<IReadOnlyList<InboxEntry>, Task> write)
    {
        lock (order)
        {
            var taken = order.Take(entries, Now);
            if (order.HeldSince > 0 && _holding.TryAdd(order, write))
                _begun.Writer.TryWrite(true);
            return Write(taken, write);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await foreach (var _ in _begun.Reader.ReadAllAsync(stoppingToken))
        {
            while (!_holding.IsEmpty)
            {
                await Task.Delay(Look, time, stoppingToken);
                foreach (var (order, write) in _holding)
                    GiveUp(order, write);
            }
        }
    }

    private void GiveUp(PushOrder order, Func<IReadOnlyList<InboxEntry>, Task> write)
    {
        lock (order)
        {
            if (order.HeldSince is > 0 and var since && Now - since < Patience.TotalMilliseconds)
                return;
            _holding.TryRemove(order, out _);
            // Written by SignalR in its own time; a connection that does not take it is closed there.
            _ = Write(order.TakeAll(), write);
        }
    }

    // In the lock: what is given to SignalR in order is written in order.
    private static Task Write(IReadOnlyList<InboxEntry> entries, Func<IReadOnlyList<InboxEntry>, Task> write) =>
        entries.Count == 0 ? Task.CompletedTask : write(entries);

    private long Now => time.GetUtcNow().ToUnixTimeMilliseconds();
}
