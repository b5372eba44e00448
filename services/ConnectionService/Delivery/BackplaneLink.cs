using StackExchange.Redis;

namespace ImDapr.ConnectionService.Delivery;

/// <summary>The one connection of this process to the backplane.</summary>
/// <remarks>SignalR asks for it while it is being built itself: what this one needs must need no hub.</remarks>
public sealed class BackplaneLink(Backplane backplane) : IDisposable
{
    private readonly SemaphoreSlim _gate = new(1, 1);
    private IConnectionMultiplexer? _redis;

    /// <param name="log">Where it says what it does while it connects.</param>
    public async Task<IConnectionMultiplexer> ConnectAsync(TextWriter? log = null)
    {
        await _gate.WaitAsync();
        try
        {
            return _redis ??= await ConnectionMultiplexer.ConnectAsync(backplane.Redis!, log);
        }
        finally
        {
            _gate.Release();
        }
    }

    public void Dispose() => _gate.Dispose();
}
