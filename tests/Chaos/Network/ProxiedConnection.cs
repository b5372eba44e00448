using System.Net.Sockets;

namespace ImDapr.Chaos.Network;

/// <summary>One connection through a <see cref="TcpProxy"/>.</summary>
internal sealed class ProxiedConnection : IDisposable
{
    private const int BufferBytes = 64 * 1024;
    private readonly TcpProxy _proxy;
    private readonly Socket _client;
    private readonly Socket _server;
    private readonly CancellationTokenSource _stop = new();
    private bool _isOver;
    private volatile bool _isUpSilent;
    private volatile bool _isDownSilent;

    public ProxiedConnection(TcpProxy proxy, Socket client, Socket server)
    {
        (_proxy, _client, _server) = (proxy, client, server);
        client.NoDelay = true;
    }

    /// <summary>Nothing of the client reaches the server any more, and the other way round; both sides stay open, as when a phone loses its network.</summary>
    public void FallSilent() => (_isUpSilent, _isDownSilent) = (true, true);

    /// <summary>The client reads nothing more.</summary>
    public void StopReading() => _isDownSilent = true;

    /// <summary>Resets both sides.</summary>
    public void Reset()
    {
        lock (_stop)
        {
            if (_isOver)
                return;
            _isOver = true;
            _stop.Cancel();
        }
        Reset(_client);
        Reset(_server);
    }

    /// <summary>Resets the client's side; the server hears nothing of it.</summary>
    public void ResetClient()
    {
        FallSilent();
        Reset(_client);
    }

    public static void Reset(Socket socket)
    {
        try
        {
            socket.LingerState = new LingerOption(enable: true, seconds: 0);
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            return; // it is gone already
        }
        socket.Dispose();
    }

    public async Task RunAsync()
    {
        var up = PumpAsync(_client, _server, () => _isUpSilent);
        var down = PumpAsync(_server, _client, () => _isDownSilent);
        await Task.WhenAny(up, down);
        if (!_isUpSilent && !_isDownSilent)
            Reset();
        await Task.WhenAll(up, down);
    }

    public void Dispose()
    {
        Reset();
        _stop.Dispose();
    }

    private async Task PumpAsync(Socket from, Socket to, Func<bool> isSilent)
    {
        var buffer = new byte[BufferBytes];
        try
        {
            while (true)
            {
                var count = await from.ReceiveAsync(buffer, _stop.Token);
                if (count == 0)
                    return;
                // Neither passed on nor read on: what the other side has sent waits for ever, as on a dead line.
                if (isSilent())
                    await Task.Delay(Timeout.Infinite, _stop.Token);
                if (_proxy.Delay > TimeSpan.Zero)
                    await Task.Delay(_proxy.Delay, _stop.Token);
                for (var sent = 0; sent < count;)
                    sent += await to.SendAsync(buffer.AsMemory(sent, count - sent), _stop.Token);
            }
        }
        catch (Exception exception) when (exception is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            return; // this line is dead
        }
    }
}
