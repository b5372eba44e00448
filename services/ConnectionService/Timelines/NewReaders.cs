using System.Threading.Channels;
using ImDapr.ConnectionService.Delivery;
using ImDapr.ConnectionService.Hubs;
using ImDapr.ConnectionService.Sessions;
using ImDapr.Contracts;
using Microsoft.AspNetCore.SignalR;

namespace ImDapr.ConnectionService.Timelines;

/// <summary>
/// Tells connections of this node to sync when their user has begun to read a timeline; that sync makes them follow it. Only some seconds later:
/// by then what was sent before the user joined has been pushed to those who were there (<see cref="TimelineChannels.FreshSeconds"/>, invariant I7).
/// </summary>
public sealed class NewReaders(LocalConnections connections, IHubContext<ImHub, IImClient> hub, TimeProvider time) : BackgroundService
{
    private const int Waiting = 1_000;
    private static readonly TimeSpan Delay = TimeSpan.FromSeconds(TimelineChannels.FreshSeconds);

    // Full: the oldest is forgotten; its readers find the timeline with their next sync.
    private readonly Channel<(DateTimeOffset Due, string[] UserIds)> _joined = Channel.CreateBounded<(DateTimeOffset, string[])>(
        new BoundedChannelOptions(Waiting) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });

    /// <summary>A conversation of two has nothing from before: its users are told at once.</summary>
    public async Task AddAsync(string conversationId, string[] userIds, CancellationToken cancellationToken)
    {
        if (ConversationId.TryParse(conversationId)?.Kind == ConversationKinds.Direct)
            await TellAsync(userIds, cancellationToken);
        else if (userIds.Length > 0)
            _joined.Writer.TryWrite((time.GetUtcNow() + Delay, userIds));
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await foreach (var (due, userIds) in _joined.Reader.ReadAllAsync(stoppingToken))
        {
            if (due - time.GetUtcNow() is var wait && wait > TimeSpan.Zero)
                await Task.Delay(wait, time, stoppingToken);
            await TellAsync(userIds, stoppingToken);
        }
    }

    private async Task TellAsync(string[] userIds, CancellationToken cancellationToken)
    {
        var readers = userIds.Distinct().SelectMany(userId => connections.Of(userId)).ToList();
        var within = new Within(BackplaneWatch.SpreadSeconds(readers.Count));
        var pushes = readers.Select(connection => hub.Clients.Client(connection.Session.ConnectionId).SyncNow(within)).ToArray();
        await Task.WhenAll(pushes).WaitAsync(DeliveryHandler.PushTimeout, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
