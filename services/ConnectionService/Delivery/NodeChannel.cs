using System.Text.Json;
using ImDapr.ConnectionService.Sessions;
using ImDapr.ConnectionService.Telemetry;
using ImDapr.Contracts;
using StackExchange.Redis;

namespace ImDapr.ConnectionService.Delivery;

/// <summary>
/// A channel of each node on the backplane, and one that all of them hear, for pushes to the devices that they hold: one message for a node and event
/// (docs/decisions/0014, 0020).
/// </summary>
public sealed partial class NodeChannel(
    BackplaneLink link, NodeIdentity node, LocalPushes pushes, BackplaneWatch watch, TimeProvider time, ILogger<NodeChannel> logger) : BackgroundService
{
    private static readonly TimeSpan Again = TimeSpan.FromSeconds(1);

    // The prefix is the connection's.
    private static readonly RedisChannel All = RedisChannel.Literal(":nodes");

    private readonly RedisChannel _own = ChannelOf(node.NodeId);

    /// <summary>Hands pushes to the node that holds the devices. A node that is gone gets nothing: its devices are about to sync elsewhere.</summary>
    public Task ForwardAsync(string nodeId, Deliveries part) => PublishAsync(ChannelOf(nodeId), part);

    /// <summary>Hands pushes to all other nodes: whichever of them hold the devices.</summary>
    public Task ForwardToAllAsync(Deliveries part) => PublishAsync(All, new NodesDeliveries(node.NodeId, part));

    /// <summary>Pushes what another node has handed to this one.</summary>
    public Task HearAsync(RedisValue text) => HearAsync<Deliveries>(text, part => part);

    /// <summary>Pushes what another node has handed to all; its own this node has pushed already.</summary>
    public Task HearOfAllAsync(RedisValue text) => HearAsync<NodesDeliveries>(text, sent => sent.NodeId == node.NodeId ? null : sent.Deliveries);

    // Before this node is ready, and so before it holds a device.
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var redis = await link.ConnectAsync();
        while (!await TryListenAsync(redis.GetSubscriber()))
            await Task.Delay(Again, time, stoppingToken);
        watch.Watch(redis);
    }

    private async Task<bool> TryListenAsync(ISubscriber subscriber)
    {
        try
        {
            var (own, all) = (await subscriber.SubscribeAsync(_own), await subscriber.SubscribeAsync(All));
            own.OnMessage(message => HearAsync(message.Message));
            all.OnMessage(message => HearOfAllAsync(message.Message));
            return true;
        }
        catch (Exception away) when (away is RedisException or TimeoutException)
        {
            LogAway(away);
            // What is left of the attempt would collect messages for nobody.
            await subscriber.UnsubscribeAsync(_own, flags: CommandFlags.FireAndForget);
            await subscriber.UnsubscribeAsync(All, flags: CommandFlags.FireAndForget);
            return false;
        }
    }

    private async Task PublishAsync<T>(RedisChannel channel, T message)
    {
        var redis = await link.ConnectAsync();
        await redis.GetSubscriber().PublishAsync(channel, ContractsJson.Write(message));
    }

    private async Task HearAsync<T>(RedisValue text, Func<T, Deliveries?> partOf)
    {
        try
        {
            if (partOf(JsonSerializer.Deserialize<T>(((ReadOnlyMemory<byte>)text).Span, ContractsJson.Wire)!) is not { } part)
                return;
            var all = pushes.Push(part).ToArray();
            await Task.WhenAll(all).WaitAsync(DeliveryHandler.PushTimeout, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            ConnectionMetrics.PushFailures.Add(all.Count(push => !push.IsCompletedSuccessfully));
        }
        catch (JsonException unreadable)
        {
            // Of a node of another version: the devices find by their positions what they lack.
            LogUnreadable(unreadable);
        }
    }

    private static RedisChannel ChannelOf(string nodeId) => RedisChannel.Literal($":node:{nodeId}");

    [LoggerMessage(2304, LogLevel.Warning, "Pushes of another node cannot be read; the devices will sync")]
    private partial void LogUnreadable(Exception unreadable);

    [LoggerMessage(2305, LogLevel.Warning, "The backplane is away: this node is not ready")]
    private partial void LogAway(Exception away);
}
