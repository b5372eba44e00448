using System.Text.Json;
using ImDapr.ConnectionService.Sessions;
using ImDapr.ConnectionService.Telemetry;
using ImDapr.Contracts;
using StackExchange.Redis;

namespace ImDapr.ConnectionService.Delivery;

/// <summary>
/// A channel of each node on the backplane for pushes to the devices that it holds: one message for a node and event, where SignalR's own channels would
/// take one for each user (docs/decisions/0014).
/// </summary>
public sealed partial class NodeChannel(
    BackplaneLink link, NodeIdentity node, LocalPushes pushes, BackplaneWatch watch, TimeProvider time, ILogger<NodeChannel> logger) : BackgroundService
{
    private static readonly TimeSpan Again = TimeSpan.FromSeconds(1);

    /// <summary>Hands pushes to the node that holds the devices. A node that is gone gets nothing: its devices are about to sync elsewhere.</summary>
    public async Task ForwardAsync(string nodeId, Deliveries part)
    {
        var redis = await link.ConnectAsync();
        await redis.GetSubscriber().PublishAsync(ChannelOf(nodeId), JsonSerializer.SerializeToUtf8Bytes(part, ContractsJson.Wire));
    }

    // Before this node is ready, and so before it holds a device.
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var redis = await link.ConnectAsync();
        while (!await TryListenAsync(redis))
            await Task.Delay(Again, time, stoppingToken);
        watch.Watch(redis);
    }

    private async Task<bool> TryListenAsync(IConnectionMultiplexer redis)
    {
        try
        {
            var channel = await redis.GetSubscriber().SubscribeAsync(ChannelOf(node.NodeId));
            channel.OnMessage(message => PushAsync(message.Message));
            return true;
        }
        catch (Exception away) when (away is RedisException or TimeoutException)
        {
            LogAway(away);
            return false;
        }
    }

    private async Task PushAsync(RedisValue text)
    {
        try
        {
            var part = JsonSerializer.Deserialize<Deliveries>(((ReadOnlyMemory<byte>)text).Span, ContractsJson.Wire)!;
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

    // The prefix is the connection's.
    private static RedisChannel ChannelOf(string nodeId) => RedisChannel.Literal($":node:{nodeId}");

    [LoggerMessage(2304, LogLevel.Warning, "Pushes of another node cannot be read; the devices will sync")]
    private partial void LogUnreadable(Exception unreadable);

    [LoggerMessage(2305, LogLevel.Warning, "The backplane is away: this node is not ready")]
    private partial void LogAway(Exception away);
}
