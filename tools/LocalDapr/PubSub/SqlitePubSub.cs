using System.Globalization;
using ImDapr.LocalDapr.Resources;
using ImDapr.LocalDapr.Sqlite;
using Microsoft.Data.Sqlite;

namespace ImDapr.LocalDapr.PubSub;

/// <summary>
/// <c>pubsub.sqlite</c>: a durable broker in a file, for all sidecars of this process. Metadata as for <c>pubsub.redis</c>, but
/// <c>connectionString</c> (or <c>path</c>) instead of a server, and <c>ephemeral: "true"</c> for a group that nobody will come back to.
/// </summary>
internal sealed partial class SqlitePubSub : IPubSub
{
    // The file cannot be read: trying again sooner would only fill the log.
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    private readonly ComponentSpec _spec;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly DeliveryOptions _options;
    private readonly bool _ephemeral;
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _subscriptions = [];
    private SqliteDatabase? _database;
    private DeliveryWorkers? _workers;

    public SqlitePubSub(ComponentSpec spec, TimeProvider time, ILoggerFactory loggers)
    {
        _spec = spec;
        _time = time;
        _logger = loggers.CreateLogger<SqlitePubSub>();
        _options = DeliveryOptions.Read(spec);
        _ephemeral = spec.Flag("ephemeral");
        if (spec.Find("streamTTL") is not null)
            throw spec.Invalid("streamTTL", "nothing: use maxLenApprox");
    }

    private SqliteBroker Broker => (_database ?? throw new ObjectDisposedException(_spec.Name)).Share(database => new SqliteBroker(database));

    public async Task InitAsync(CancellationToken cancellationToken)
    {
        _database = SqliteDatabase.Open(_spec, "connectionString", "path");
        _workers = new DeliveryWorkers(_options, _time, _logger);
        await Broker.InitAsync(cancellationToken);
    }

    public Task PublishAsync(BrokerMessage message, CancellationToken cancellationToken) =>
        Broker.PublishAsync(message, _options.MaxLength, cancellationToken);

    public async Task SubscribeAsync(string topic, IReadOnlyDictionary<string, string> metadata, BrokerHandler handler, CancellationToken lifetime)
    {
        var group = await Broker.JoinAsync(topic, _options.ConsumerId, _ephemeral, lifetime);
        lock (_subscriptions)
            _subscriptions.Add(Task.Run(() => ReadAsync(group, handler, lifetime), CancellationToken.None));
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _database, null) is not { } database)
            return;
        await _stop.CancelAsync();
        if (_workers is not null)
            await _workers.DisposeAsync();
        await Task.WhenAll(_subscriptions);
        _stop.Dispose();
        await database.DisposeAsync();
    }

    private async Task ReadAsync(BrokerGroup group, BrokerHandler handler, CancellationToken lifetime)
    {
        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(lifetime, _stop.Token);
        try
        {
            while (true)
                await DeliverNextAsync(group, handler, lifetime, cancellation.Token);
        }
        catch (Exception) when (cancellation.IsCancellationRequested)
        {
            group.Leave(); // the end of the subscription, not a failure
        }
    }

    private async Task DeliverNextAsync(BrokerGroup group, BrokerHandler handler, CancellationToken lifetime, CancellationToken cancellationToken)
    {
        try
        {
            await DeliverAsync(group, await group.TakeAsync(_options.QueueDepth, cancellationToken), handler, lifetime, cancellationToken);
        }
        catch (SqliteException error)
        {
            LogCannotRead(group.Topic, error);
            await Task.Delay(RetryAfter, _time, cancellationToken);
        }
    }

    private async Task DeliverAsync(
        BrokerGroup group, IReadOnlyList<StoredMessage> messages, BrokerHandler handler, CancellationToken lifetime, CancellationToken cancellationToken)
    {
        var next = 0;
        try
        {
            for (; next < messages.Count; next++)
                await _workers!.EnqueueAsync(Queued(group, messages[next], handler, lifetime), cancellationToken);
        }
        finally
        {
            foreach (var message in messages.Skip(next))
                group.Return(message.Id);
        }
    }

    private QueuedMessage Queued(BrokerGroup group, StoredMessage message, BrokerHandler handler, CancellationToken lifetime)
    {
        var taken = new TakenMessage(group, message.Id, _options.Redelivers ? _options.ProcessingTimeout : Timeout.InfiniteTimeSpan, _time);
        return new QueuedMessage(
            message.Id.ToString(CultureInfo.InvariantCulture), message.Message, handler, taken.AcknowledgeAsync, taken.Return, lifetime);
    }

    /// <summary>A message that was taken: given back when it is late, as Redis hands over what stays pending, though its handler goes on.</summary>
    private sealed class TakenMessage
    {
        private readonly BrokerGroup _group;
        private readonly long _id;
        private readonly ITimer _late;
        private int _returned;

        public TakenMessage(BrokerGroup group, long id, TimeSpan patience, TimeProvider time)
        {
            (_group, _id) = (group, id);
            _late = time.CreateTimer(static taken => ((TakenMessage)taken!).Return(), this, patience, Timeout.InfiniteTimeSpan);
        }

        // Not cancelled by the end of the subscription: the message was handled.
        public Task AcknowledgeAsync()
        {
            _late.Dispose();
            return _group.AcknowledgeAsync(_id, CancellationToken.None);
        }

        public void Return()
        {
            _late.Dispose();
            if (Interlocked.Exchange(ref _returned, 1) == 0)
                _group.Return(_id);
        }
    }

    [LoggerMessage(9331, LogLevel.Error, "Reading {Topic} failed; trying again")]
    private partial void LogCannotRead(string topic, Exception error);
}
