using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using ImDapr.ConnectionService.Overload;

namespace ImDapr.UnitTests.ConnectionService.Overload;

public sealed class BoundedOutputTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    // The client's side: flushes wait when 100 bytes are not read.
    private readonly Pipe _client = new(new PipeOptions(pauseWriterThreshold: 100, resumeWriterThreshold: 50, useSynchronizationContext: false));
    private readonly CancellationTokenSource _closed = new();
    private int _givenUp;

    [Fact]
    public async Task What_a_client_reads_comes_whole_and_in_order_and_nothing_waits()
    {
        var output = Start(100_000);
        var reading = ReadAllAsync();
        for (var i = 0; i < 500; i++)
            await WriteAsync(output, $"message {i};");
        await output.FinishAsync().WaitAsync(Patience);
        await _client.Writer.CompleteAsync();

        Assert.Equal(string.Concat(Enumerable.Range(0, 500).Select(i => $"message {i};")), await reading.WaitAsync(Patience));
        Assert.Equal((0, 0), (output.Waiting, _givenUp));
    }

    [Fact]
    public async Task A_client_that_does_not_read_never_makes_its_writer_wait_and_is_given_up_at_the_limit()
    {
        var output = Start(1_000);
        var written = 0;
        while (_givenUp == 0)
        {
            var flush = output.WriteAsync(new byte[50]);
            Assert.True(flush.IsCompleted);
            written += (await flush).IsCompleted ? 0 : 50;
            Assert.InRange(written, 0, 2_000);
        }
        var after = await output.WriteAsync(new byte[50]);
        await _closed.CancelAsync();
        await output.FinishAsync().WaitAsync(Patience);

        Assert.Equal(1, _givenUp);
        Assert.True(after.IsCompleted);
        Assert.InRange(output.Waiting, 900, 1_100);
    }

    [Fact]
    public async Task A_large_answer_is_not_held_against_its_reader()
    {
        var output = Start(1_000);
        await output.WriteAsync(new byte[200]); // on its way
        await output.WriteAsync(new byte[50_000]);
        for (var i = 0; i < 10; i++)
            await output.WriteAsync(new byte[50]);

        Assert.Equal(0, _givenUp);
        await _closed.CancelAsync();
        await output.FinishAsync().WaitAsync(Patience);
    }

    [Fact]
    public async Task Each_flush_is_handed_on_whole()
    {
        var output = Start(10_000);
        await output.WriteAsync(new byte[30]);
        await output.WriteAsync(new byte[40]);
        output.GetMemory(5);
        output.Advance(5);

        var read = await _client.Reader.ReadAsync();

        Assert.Equal(70, read.Buffer.Length); // not the five that were not flushed
        await _closed.CancelAsync();
        await output.FinishAsync().WaitAsync(Patience);
    }

    [Fact]
    public async Task What_is_written_while_the_last_that_waited_goes_keeps_its_place()
    {
        var output = Start(10_000);
        await output.WriteAsync(new byte[100]); // the client does not take it
        output.Write("second "u8);
        var read = await _client.Reader.ReadAsync();

        _client.Reader.AdvanceTo(read.Buffer.End); // nothing waits any more
        await output.FinishAsync().WaitAsync(Patience);
        await output.FlushAsync();
        await WriteAsync(output, "third");
        await _client.Writer.CompleteAsync();

        Assert.Equal("second third", await ReadAllAsync());
        Assert.Equal((0, 0), (output.Waiting, _givenUp));
    }

    [Fact]
    public async Task Who_writes_to_a_client_that_is_gone_is_told()
    {
        var output = Start(10_000);
        await output.WriteAsync(new byte[200]);
        await output.WriteAsync(new byte[50]);

        await _client.Reader.CompleteAsync();
        await output.FinishAsync().WaitAsync(Patience);

        Assert.True((await output.WriteAsync(new byte[50])).IsCompleted);
        Assert.Equal(0, _givenUp);
    }

    private BoundedOutput Start(int maxWaiting) => new(_client.Writer, maxWaiting, () => _givenUp++, _closed.Token);

    private static async Task WriteAsync(BoundedOutput output, string text)
    {
        output.Write(Encoding.UTF8.GetBytes(text));
        await output.FlushAsync();
    }

    private async Task<string> ReadAllAsync()
    {
        using var text = new StreamReader(_client.Reader.AsStream());
        return await text.ReadToEndAsync();
    }
}
