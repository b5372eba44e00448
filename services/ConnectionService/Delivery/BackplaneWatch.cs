using System.Threading.Channels;
using ImDapr.ConnectionService.Hubs;
using ImDapr.ConnectionService.Sessions;
using ImDapr.ConnectionService.Telemetry;
using ImDapr.Contracts;
using Microsoft.AspNetCore.SignalR;
using StackExchange.Redis;

namespace ImDapr.ConnectionService.Delivery;

/// <summary>
/// Pushes made while the link to the backplane was down are gone: when it is back, the clients of this node are told to sync, spread over
/// seconds so that they do not all come at once.
/// </summary>
public sealed partial class BackplaneWatch(LocalConnections connections, IHubContext<ImHub, IImClient> hub, TimeProvider time, ILogger<BackplaneWatch> logger)
    : BackgroundService
{
    // A node syncs some hundred clients in a second without noticing.
    private const int SyncsPerSecond = 200;
    private const int MaxSpreadSeconds = 60;

    private static readonly TimeSpan PushTimeout = TimeSpan.FromSeconds(5);

    // One signal is as good as many.
    private readonly Channel<bool> _restored = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    private volatile IConnectionMultiplexer? _redis;

    /// <summary>Whether pushes of other nodes come in.</summary>
    public bool IsUp => _redis is { IsConnected: true } redis && redis.GetSubscriber().IsConnected();

    public void Watch(IConnectionMultiplexer redis)
    {
        _redis = redis;
        ConnectionMetrics.BackplaneUp.Record(redis.IsConnected ? 1 : 0);
        redis.ConnectionFailed += (_, failure) =>
        {
            LogFailed(failure.Exception, failure.ConnectionType, failure.FailureType);
            ConnectionMetrics.BackplaneFailures.Add(1);
            if (failure.ConnectionType == ConnectionType.Subscription)
                ConnectionMetrics.BackplaneUp.Record(0);
        };
        redis.ConnectionRestored += (_, restored) =>
        {
            if (restored.ConnectionType != ConnectionType.Subscription)
                return;
            ConnectionMetrics.BackplaneUp.Record(1);
            _restored.Writer.TryWrite(true);
        };
    }

    /// <summary>Seconds over which this many clients spread their syncs.</summary>
    public static int SpreadSeconds(int clients) => Math.Clamp(clients / SyncsPerSecond, 1, MaxSpreadSeconds);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await foreach (var _ in _restored.Reader.ReadAllAsync(stoppingToken))
            await TellAsync(stoppingToken);
    }

    private async Task TellAsync(CancellationToken stoppingToken)
    {
        var within = new Within(SpreadSeconds(connections.Count));
        LogRestored(connections.Count, within.WithinSeconds);
        // All: those of this node.
        await hub.Clients.All.SyncNow(within).WaitAsync(PushTimeout, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    [LoggerMessage(2302, LogLevel.Warning, "The backplane's {Connection} connection failed: {Failure}")]
    private partial void LogFailed(Exception? cause, ConnectionType connection, ConnectionFailureType failure);

    [LoggerMessage(2303, LogLevel.Warning, "The backplane is back: {Clients} clients are told to sync within {Seconds} s")]
    private partial void LogRestored(int clients, int seconds);
}
