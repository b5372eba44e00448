using System.Threading.Channels;
using ImDapr.ConnectionService.Sessions;
using ImDapr.Contracts;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Protocol;
using Microsoft.Extensions.Logging.Abstractions;

namespace ImDapr.UnitTests.ConnectionService;

/// <summary>A connection that remembers what SignalR writes to it.</summary>
internal sealed class Reader(string id) : HubConnectionContext(new DefaultConnectionContext(id), new HubConnectionContextOptions(), NullLoggerFactory.Instance)
{
    private readonly Channel<InvocationMessage> _written = Channel.CreateBounded<InvocationMessage>(1_000);

    public LocalConnection Local { get; } = new(null!, id, new DeviceSession("d1", "web", id, "n1"));

    /// <summary>What was written since it was last asked.</summary>
    public List<InvocationMessage> Written()
    {
        var all = new List<InvocationMessage>();
        while (_written.Reader.TryRead(out var written))
            all.Add(written);
        return all;
    }

    /// <summary>The seqs of all messages that were written since it was last asked.</summary>
    public List<long> Seqs() => [.. Written().SelectMany(SeqsOf)];

    /// <summary>What is written next.</summary>
    public Task<InvocationMessage> NextAsync() => _written.Reader.ReadAsync().AsTask();

    public override ValueTask WriteAsync(SerializedHubMessage message, CancellationToken cancellationToken = default) => WriteAsync(message.Message!, cancellationToken);

    public override ValueTask WriteAsync(HubMessage message, CancellationToken cancellationToken = default) =>
        _written.Writer.WriteAsync((InvocationMessage)message, cancellationToken);

    public static IEnumerable<long> SeqsOf(InvocationMessage written)
    {
        Assert.Equal(nameof(IImClient.DeliverTimeline), written.Target);
        return ((Message[])written.Arguments[0]!).Select(message => message.Seq);
    }
}
