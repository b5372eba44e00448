using System.Text.Json;
using ImDapr.ConnectionService.Sessions;
using ImDapr.ConnectionService.Telemetry;
using ImDapr.Contracts;
using StackExchange.Redis;

namespace ImDapr.ConnectionService.Delivery;

/// <summary>
/// The connection to the backplane, and on it a channel of each node for pushes to the devices that it holds: one message for a node and event, where
/// SignalR's own channels would take one for each user (docs/decisions/0015).
/// </summary>
public sealed partial class NodeLink(
    Backplane backplane, NodeIdentity node, LocalPushes pushes, BackplaneWatch watch, TimeProvider time, ILogger<NodeLink> logger) : IDisposable
{
    private readonly SemaphoreSlim _gate = new(1, 1);
    private IConnectionMultiplexer? _redis;

    /// <summary>The one connection of this process; it listens to this node's channel before it is given to anybody.</summary>
    /// <param name="log">Where it says what it does while it connects.</param>
    public async Task<IConnectionMultiplexer> ConnectAsync(TextWriter? log = null)
    {
        await _gate.WaitAsync();
        try
        {
            return _redis ??= await OpenAsync(log);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Hands pushes to the node that holds the devices. A node that is gone gets nothing: its devices are about to sync elsewhere.</summary>
    public async Task ForwardAsync(string nodeId, Deliveries part)
    {
        var redis = await ConnectAsync();
        await redis.GetSubscriber().PublishAsync(ChannelOf(nodeId), JsonSerializer.SerializeToUtf8Bytes(part, ContractsJson.Wire));
    }

    public void Dispose() => _gate.Dispose();

    private async Task<IConnectionMultiplexer> OpenAsync(TextWriter? log)
    {
        var redis = await ConnectionMultiplexer.ConnectAsync(backplane.Redis!, log);
        watch.Watch(redis);
        var channel = await redis.GetSubscriber().SubscribeAsync(ChannelOf(node.NodeId));
        channel.OnMessage(message => PushAsync(message.Message));
        return redis;
    }

    private async Task PushAsync(RedisValue text)
    {
        try
        {
            var part = JsonSerializer.Deserialize<Deliveries>(((ReadOnlyMemory<byte>)text).Span, ContractsJson.Wire)!;
            var all = pushes.Push(part.Users, part.Messages).ToArray();
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
}
