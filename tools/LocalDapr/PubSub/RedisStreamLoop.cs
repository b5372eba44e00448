using StackExchange.Redis;

namespace ImDapr.LocalDapr.PubSub;

/// <summary>Reads a stream for ever: new messages as they come, unfinished ones now and then. Outages of Redis are logged and outlived.</summary>
internal sealed partial class RedisStreamLoop(RedisStream stream, DeliveryOptions options, TimeProvider time, ILogger logger)
{
    // Redis is away: trying again sooner would only fill the log.
    private static readonly TimeSpan RetryAfter = TimeSpan.FromMilliseconds(500);

    /// <summary>
    /// Returns when it is cancelled, or when a read had no answer in time: the connection must not be used any more. A server that hangs still holds that
    /// read, and when it goes on it would hand messages to somebody who has given up waiting.
    /// </summary>
    public async Task ReadAsync(Func<StreamMessage, ValueTask> deliver, CancellationToken cancellationToken)
    {
        try
        {
            await RunAsync(async () =>
            {
                foreach (var message in await stream.ReadNewAsync(options.QueueDepth).WaitAsync(cancellationToken))
                    await deliver(message);
            }, cancellationToken);
        }
        catch (RedisTimeoutException error)
        {
            LogAway(stream.Topic, error);
        }
    }

    /// <summary>Returns when it is cancelled.</summary>
    public Task RedeliverAsync(Func<StreamMessage, ValueTask> deliver, CancellationToken cancellationToken) => RunAsync(async () =>
    {
        try
        {
            while (await stream.ClaimAsync(options.QueueDepth, options.ProcessingTimeout).WaitAsync(cancellationToken) is { Count: > 0 } messages)
            {
                foreach (var message in messages)
                    await deliver(message);
            }
        }
        catch (RedisTimeoutException error)
        {
            LogAway(stream.Topic, error);
        }
        await Task.Delay(options.RedeliverInterval, time, cancellationToken);
    }, cancellationToken);

    private async Task RunAsync(Func<Task> step, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
                await TryAsync(step, cancellationToken);
        }
        catch (Exception) when (cancellationToken.IsCancellationRequested)
        {
            return; // the end of the subscription, not a failure
        }
    }

    private async Task TryAsync(Func<Task> step, CancellationToken cancellationToken)
    {
        try
        {
            await step();
        }
        catch (RedisServerException error) when (error.Message.StartsWith("NOGROUP", StringComparison.Ordinal))
        {
            LogGroupLost(stream.Topic);
            await RecreateGroupAsync(cancellationToken);
        }
        catch (Exception error) when (error is not RedisTimeoutException && !cancellationToken.IsCancellationRequested)
        {
            // Whatever it is (a client whose connection breaks throws more than its own exceptions): nobody else would begin to read again.
            LogAway(stream.Topic, error);
            await Task.Delay(RetryAfter, time, cancellationToken);
        }
    }

    private async Task RecreateGroupAsync(CancellationToken cancellationToken)
    {
        try
        {
            await stream.CreateGroupAsync().WaitAsync(cancellationToken);
        }
        catch (Exception error) when (error is RedisException or RedisTimeoutException)
        {
            LogAway(stream.Topic, error);
            await Task.Delay(RetryAfter, time, cancellationToken);
        }
    }

    [LoggerMessage(9321, LogLevel.Warning, "The consumer group of {Topic} is gone, as after a loss of data: making it anew")]
    private partial void LogGroupLost(string topic);

    [LoggerMessage(9322, LogLevel.Error, "Reading {Topic} failed; trying again")]
    private partial void LogAway(string topic, Exception error);
}
