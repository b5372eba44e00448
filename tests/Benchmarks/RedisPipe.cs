using System.Collections.Concurrent;
using System.Globalization;
using StackExchange.Redis;

namespace ImDapr.Benchmarks;

/// <summary>The floor of pub/sub on Redis: one adds to a stream, another reads it in a blocking way and acknowledges.</summary>
internal sealed class RedisPipe : IAsyncDisposable
{
    private const string Stream = "bench-floor-stream";

    private readonly ConnectionMultiplexer _writer;
    private readonly ConnectionMultiplexer _reader;
    private readonly ConcurrentDictionary<string, TaskCompletionSource> _expected = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _reading;
    private long _number;

    private RedisPipe(ConnectionMultiplexer writer, ConnectionMultiplexer reader)
    {
        (_writer, _reader) = (writer, reader);
        _reading = Task.Run(ReadAsync);
    }

    public static async Task<RedisPipe> OpenAsync(string host)
    {
        var writer = await ConnectionMultiplexer.ConnectAsync(host);
        await writer.GetDatabase().KeyDeleteAsync(Stream);
        await writer.GetDatabase().StreamCreateConsumerGroupAsync(Stream, "floor", "0", createStream: true);
        return new RedisPipe(writer, await ConnectionMultiplexer.ConnectAsync($"{host},protocol=resp2"));
    }

    /// <summary>Returns when the message has been read and acknowledged.</summary>
    public async Task SendAsync(byte[] data)
    {
        var number = Interlocked.Increment(ref _number).ToString(CultureInfo.InvariantCulture);
        var read = _expected[number] = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await _writer.GetDatabase().StreamAddAsync(Stream, [new("data", data), new("number", number)], maxLength: 100_000, useApproximateMaxLength: true);
        await read.Task;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _reading;
        await _reader.DisposeAsync();
        await _writer.DisposeAsync();
        _stop.Dispose();
    }

    private async Task ReadAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            var reply = await _reader.GetDatabase().ExecuteAsync("XREADGROUP", "GROUP", "floor", "floor", "COUNT", 100, "BLOCK", 200, "STREAMS", Stream, ">");
            foreach (var entry in reply.IsNull ? [] : (RedisResult[])reply[0][1]!)
            {
                await _writer.GetDatabase().StreamAcknowledgeAsync(Stream, "floor", (string)entry[0]!, CommandFlags.FireAndForget);
                var fields = (string[])entry[1]!;
                if (_expected.TryRemove(fields[3], out var expected))
                    expected.SetResult();
            }
        }
    }
}
