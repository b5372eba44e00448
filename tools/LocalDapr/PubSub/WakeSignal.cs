using System.Threading.Channels;

namespace ImDapr.LocalDapr.PubSub;

/// <summary>Wakes one waiter per call; a call while nobody waits is remembered, once.</summary>
internal sealed class WakeSignal
{
    private readonly Channel<bool> _calls = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    public void Set() => _calls.Writer.TryWrite(true);

    public ValueTask<bool> WaitAsync(CancellationToken cancellationToken) => _calls.Reader.ReadAsync(cancellationToken);
}
