using System.Text.Json;
using System.Threading.Channels;
using ImDapr.LocalDapr.Resources;
using ImDapr.LocalDapr.State;
using StackExchange.Redis;

namespace ImDapr.LocalDapr.PubSub;

/// <summary>
/// <c>pubsub.redis</c>: a stream per topic, a consumer group per app, one queue and one pool of workers for all topics of the component. As in
/// daprd, a message is acknowledged whatever the handler answered, unless it was cut off (dapr-contract 3.6).
/// </summary>
public sealed partial class RedisPubSub(ComponentSpec spec, ILogger<RedisPubSub> logger) : IPubSub
{
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(500);

    private readonly CancellationTokenSource _stopping = new();
    private readonly List<Task> _loops = [];
    private readonly string _group = spec.Find("consumerID") ?? spec.AppId;
    private readonly TimeSpan _processingTimeout = PubSubs.Duration(spec, "processingTimeout", TimeSpan.FromSeconds(60));
    private readonly TimeSpan _redeliverInterval = TimeSpan.FromMilliseconds(PubSubs.Number(spec, "redeliverInterval", 15_000));
    private readonly int _queueDepth = PubSubs.Number(spec, "queueDepth", 100);
    private readonly int _concurrency = PubSubs.Number(spec, "concurrency", 10);
    private readonly int _maxLength = PubSubs.Number(spec, "maxLenApprox", 0);
    private Channel<Work>? _queue;
    private ConnectionMultiplexer? _connection;

    private IDatabase Database => _connection!.GetDatabase();

    public async Task InitAsync(CancellationToken cancellationToken)
    {
        _connection = await RedisSettings.ConnectAsync(spec, RedisSettings.Options(spec), cancellationToken);
        _queue = Channel.CreateBounded<Work>(_queueDepth);
        _loops.AddRange(Enumerable.Range(0, _concurrency).Select(_ => Task.Run(WorkAsync, CancellationToken.None)));
    }

    public async Task PublishAsync(BrokerMessage message, CancellationToken cancellationToken)
    {
        var fields = new List<NameValueEntry> { new("data", message.Data) };
        if (message.Metadata.Count > 0)
            fields.Add(new NameValueEntry("metadata", JsonSerializer.Serialize(message.Metadata)));
        int? maxLength = _maxLength > 0 ? _maxLength : null;
        await Database.StreamAddAsync(message.Topic, [.. fields], maxLength: maxLength, useApproximateMaxLength: true).WaitAsync(cancellationToken);
    }

    public async Task SubscribeAsync(
        string topic, IReadOnlyDictionary<string, string> metadata, BrokerHandler handler, CancellationToken lifetime)
    {
        await CreateGroupAsync(topic);
        var stop = CancellationTokenSource.CreateLinkedTokenSource(lifetime, _stopping.Token);
        // A blocking read holds its connection: each topic reads on one of its own.
        var options = RedisSettings.Options(spec);
        options.AsyncTimeout = 10_000;
        var reader = await RedisSettings.ConnectAsync(spec, options, lifetime);
        lock (_loops)
        {
            _loops.Add(Task.Run(() => ReadAsync(reader, topic, handler, stop.Token), CancellationToken.None));
            if (_redeliverInterval > TimeSpan.Zero && _processingTimeout > TimeSpan.Zero)
                _loops.Add(Task.Run(() => RedeliverAsync(topic, handler, stop.Token), CancellationToken.None));
        }
    }

    private async Task CreateGroupAsync(string topic)
    {
        try
        {
            await Database.StreamCreateConsumerGroupAsync(topic, _group, "0", createStream: true);
        }
        catch (RedisServerException exception) when (exception.Message.StartsWith("BUSYGROUP", StringComparison.Ordinal))
        {
            LogGroupExists(_group, topic);
        }
    }

    private async Task ReadAsync(ConnectionMultiplexer reader, string topic, BrokerHandler handler, CancellationToken stop)
    {
        await using (reader)
        {
            while (!stop.IsCancellationRequested)
            {
                try
                {
                    // All instances of an app share the consumer's name, as in daprd.
                    var answer = await reader.GetDatabase().ExecuteAsync(
                        "XREADGROUP", "GROUP", _group, _group, "COUNT", _queueDepth, "BLOCK", 2_000, "STREAMS", topic, ">").WaitAsync(stop);
                    foreach (var entry in Entries(answer))
                        await _queue!.Writer.WriteAsync(new Work(topic, entry.Id, entry.Message, handler, stop), stop);
                }
                catch (Exception exception) when (!stop.IsCancellationRequested)
                {
                    await RecoverAsync(exception, topic, stop);
                }
                catch (OperationCanceledException)
                {
                    return;
                }
            }
        }
    }

    private async Task RecoverAsync(Exception exception, string topic, CancellationToken stop)
    {
        LogReadFailed(exception, topic);
        try
        {
            if (exception.Message.Contains("NOGROUP", StringComparison.Ordinal))
                await CreateGroupAsync(topic);
            await Task.Delay(RetryDelay, stop);
        }
        catch (Exception again) when (again is RedisException or OperationCanceledException)
        {
            LogReadFailed(again, topic);
        }
    }

    /// <summary>Takes over what a consumer has held for longer than it may: its process died, or was cut off.</summary>
    private async Task RedeliverAsync(string topic, BrokerHandler handler, CancellationToken stop)
    {
        using var timer = new PeriodicTimer(_redeliverInterval);
        while (await NextAsync(timer, stop))
        {
            try
            {
                var claimed = await Database.ExecuteAsync(
                    "XAUTOCLAIM", topic, _group, _group, (long)_processingTimeout.TotalMilliseconds, "0", "COUNT", _queueDepth).WaitAsync(stop);
                foreach (var (id, message) in ReadEntries(topic, (RedisResult[])((RedisResult[])claimed!)[1]!))
                    await _queue!.Writer.WriteAsync(new Work(topic, id, message, handler, stop), stop);
            }
            catch (Exception exception) when (!stop.IsCancellationRequested)
            {
                LogReadFailed(exception, topic);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private static async Task<bool> NextAsync(PeriodicTimer timer, CancellationToken stop)
    {
        try
        {
            return await timer.WaitForNextTickAsync(stop);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private async Task WorkAsync()
    {
        await foreach (var work in _queue!.Reader.ReadAllAsync())
            await HandleAsync(work);
    }

    private async Task HandleAsync(Work work)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(work.Stop);
        if (_processingTimeout > TimeSpan.Zero)
            limit.CancelAfter(_processingTimeout);
        try
        {
            await work.Handler(work.Message, limit.Token);
        }
        catch (Exception exception)
        {
            LogHandlerFailed(exception, work.Topic);
            if (limit.IsCancellationRequested)
                return; // not acknowledged: somebody takes it over
        }
        try
        {
            await Database.StreamAcknowledgeAsync(work.Topic, _group, work.Id);
        }
        catch (RedisException exception)
        {
            // It comes again, and handlers take repeats.
            LogReadFailed(exception, work.Topic);
        }
    }

    private static IEnumerable<(string Id, BrokerMessage Message)> Entries(RedisResult answer)
    {
        if (answer.IsNull)
            return [];
        return ((RedisResult[])answer!).SelectMany(stream =>
        {
            var parts = (RedisResult[])stream!;
            return ReadEntries((string)parts[0]!, (RedisResult[])parts[1]!);
        });
    }

    private static IEnumerable<(string Id, BrokerMessage Message)> ReadEntries(string topic, RedisResult[] entries)
    {
        foreach (var entry in entries)
        {
            var parts = (RedisResult[])entry!;
            if (parts[1].IsNull)
                continue; // trimmed meanwhile
            var fields = (RedisResult[])parts[1]!;
            byte[] data = [];
            IReadOnlyDictionary<string, string> metadata = new Dictionary<string, string>();
            for (var i = 0; i + 1 < fields.Length; i += 2)
            {
                if ((string)fields[i]! == "data")
                    data = (byte[])fields[i + 1]!;
                else if ((string)fields[i]! == "metadata")
                    metadata = JsonSerializer.Deserialize<Dictionary<string, string>>((string)fields[i + 1]!)!;
            }
            yield return ((string)parts[0]!, new BrokerMessage(topic, data, metadata));
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _queue?.Writer.TryComplete();
        await Task.WhenAll(_loops);
        if (_connection is not null)
            await _connection.DisposeAsync();
        _stopping.Dispose();
    }

    private sealed record Work(string Topic, string Id, BrokerMessage Message, BrokerHandler Handler, CancellationToken Stop);

    [LoggerMessage(9211, LogLevel.Debug, "Consumer group {Group} of {Topic} exists")]
    private partial void LogGroupExists(string group, string topic);

    [LoggerMessage(9212, LogLevel.Warning, "Reading {Topic} failed; it is tried again")]
    private partial void LogReadFailed(Exception exception, string topic);

    [LoggerMessage(9213, LogLevel.Error, "Handling a message on {Topic} failed")]
    private partial void LogHandlerFailed(Exception exception, string topic);
}
