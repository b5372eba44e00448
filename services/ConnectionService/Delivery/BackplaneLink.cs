using StackExchange.Redis;

namespace ImDapr.ConnectionService.Delivery;

/// <summary>The one connection of this process to the backplane.</summary>
public sealed class BackplaneLink(Backplane backplane) : IDisposable
{
    private readonly SemaphoreSlim _gate = new(1, 1);
    private volatile IConnectionMultiplexer? _redis;

    public async Task<IConnectionMultiplexer> ConnectAsync()
    {
        if (_redis is { } known)
            return known;
        await _gate.WaitAsync();
        try
        {
            return _redis ??= await ConnectionMultiplexer.ConnectAsync(backplane.Redis!);
        }
        finally
        {
            _gate.Release();
        }
    }

    public void Dispose()
    {
        _redis?.Dispose();
        _gate.Dispose();
    }
}
