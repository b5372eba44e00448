using System.Text.Json;
using ImDapr.LocalDapr.Redis;
using ImDapr.LocalDapr.Resources;
using StackExchange.Redis;

namespace ImDapr.LocalDapr.PubSub;

/// <summary><c>pubsub.redis</c>: a stream per topic, a consumer group per app, as daprd's component of that name.</summary>
/// <remarks>
/// {topic}   stream of data (the envelope) and metadata (JSON); group and consumer are both named consumerID
/// All instances of an app are one consumer to Redis: whoever reads first has the message.
/// </remarks>
internal sealed partial class RedisPubSub : IPubSub
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromMilliseconds(500);

    private readonly ComponentSpec _spec;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly DeliveryOptions _options;
    private readonly TimeSpan _streamTtl;
    private readonly ConfigurationOptions _connectionOptions;
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _subscriptions = [];
    private ConnectionMultiplexer? _connection;
    private DeliveryWorkers? _workers;

    public RedisPubSub(ComponentSpec spec, TimeProvider time, ILoggerFactory loggers)
    {
        _spec = spec;
        _time = time;
        _logger = loggers.CreateLogger<RedisPubSub>();
        _options = DeliveryOptions.Read(spec);
        _streamTtl = spec.Duration("streamTTL", TimeSpan.Zero, TimeSpan.FromSeconds(1));
        _connectionOptions = RedisSettings.Read(spec);
        if (_options.MaxLength > 0 && _streamTtl > TimeSpan.Zero)
            throw spec.Invalid("streamTTL", "nothing beside maxLenApprox: only one of them can trim a stream");
    }

    private IDatabase Database => (_connection ?? throw new ObjectDisposedException(_spec.Name)).GetDatabase();

    public async Task InitAsync(CancellationToken cancellationToken)
    {
        _connection = await RedisSettings.ConnectAsync(_spec, _connectionOptions, cancellationToken);
        _workers = new DeliveryWorkers(_options, _time, _logger);
    }

    public Task PublishAsync(BrokerMessage message, CancellationToken cancellationToken)
    {
        List<object> arguments = [(RedisKey)message.Topic];
        if (_options.MaxLength > 0)
            arguments.AddRange(["MAXLEN", "~", _options.MaxLength]);
        else if (_streamTtl > TimeSpan.Zero)
            arguments.AddRange(["MINID", "~", $"{(_time.GetUtcNow() - _streamTtl).ToUnixTimeMilliseconds()}-1"]);
        arguments.AddRange(["*", "data", message.Data]);
        if (message.Metadata.Count > 0)
            arguments.AddRange(["metadata", JsonSerializer.SerializeToUtf8Bytes(message.Metadata)]);
        return Database.ExecuteAsync("XADD", arguments).WaitAsync(cancellationToken);
    }

    public async Task SubscribeAsync(string topic, IReadOnlyDictionary<string, string> metadata, BrokerHandler handler, CancellationToken lifetime)
    {
        var stream = new RedisStream(Database, topic, _options.ConsumerId, _logger);
        await stream.CreateGroupAsync().WaitAsync(lifetime);
        var reader = await RedisSettings.ConnectAsync(_spec, ReaderOptions(), lifetime);
        lock (_subscriptions)
        {
            _subscriptions.Add(Task.Run(() => ReadAsync(reader, topic, handler, lifetime), CancellationToken.None));
            if (_options.Redelivers)
                _subscriptions.Add(Task.Run(() => RedeliverAsync(stream, handler, lifetime), CancellationToken.None));
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_connection is null)
            return;
        await _stop.CancelAsync();
        if (_workers is not null)
            await _workers.DisposeAsync();
        await Task.WhenAll(_subscriptions);
        _stop.Dispose();
        await _connection.DisposeAsync();
        _connection = null;
    }

    // A blocking read holds up its whole connection, so every subscription reads over one of its own.
    private ConfigurationOptions ReaderOptions()
    {
        var options = _connectionOptions.Clone();
        options.AsyncTimeout += (int)RedisStream.Block.TotalMilliseconds;
        return options;
    }

    private async Task ReadAsync(ConnectionMultiplexer connection, string topic, BrokerHandler handler, CancellationToken lifetime)
    {
        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(lifetime, _stop.Token);
        for (ConnectionMultiplexer? reader = connection; reader is not null; reader = await ReconnectAsync(cancellation.Token))
        {
            var stream = new RedisStream(reader.GetDatabase(), topic, _options.ConsumerId, _logger);
            var loop = new RedisStreamLoop(stream, _options, _time, _logger);
            await loop.ReadAsync(message => DeliverAsync(message, handler, lifetime, cancellation.Token), cancellation.Token);
            // At once: a read that still blocks could only take a message that nobody would handle.
            await reader.CloseAsync(allowCommandsToComplete: false);
            await reader.DisposeAsync();
        }
    }

    /// <returns>Null when it was cancelled before.</returns>
    private async Task<ConnectionMultiplexer?> ReconnectAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                return await RedisSettings.ConnectAsync(_spec, ReaderOptions(), cancellationToken);
            }
            catch (ComponentException error)
            {
                LogNotConnected(error.Message);
                await Task.Delay(RetryAfter, _time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                break;
            }
        }
        return null;
    }

    private async Task RedeliverAsync(RedisStream stream, BrokerHandler handler, CancellationToken lifetime)
    {
        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(lifetime, _stop.Token);
        var loop = new RedisStreamLoop(stream, _options, _time, _logger);
        await loop.RedeliverAsync(message => DeliverAsync(message, handler, lifetime, cancellation.Token), cancellation.Token);
    }

    // A message that is not acknowledged stays pending in Redis: nothing needs to be done to return it.
    private ValueTask DeliverAsync(StreamMessage message, BrokerHandler handler, CancellationToken lifetime, CancellationToken cancellationToken)
    {
        var delivery = new QueuedMessage(
            message.Id, message.Message, handler,
            () => Database.StreamAcknowledgeAsync(message.Message.Topic, _options.ConsumerId, message.Id), () => { }, lifetime);
        return _workers!.EnqueueAsync(delivery, cancellationToken);
    }

    [LoggerMessage(9324, LogLevel.Error, "{Reason}; trying again")]
    private partial void LogNotConnected(string reason);
}
