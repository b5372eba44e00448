using System.Net;
using System.Net.Sockets;

namespace ImDapr.Chaos.Network;

/// <summary>A port that leads to another one, unless told to refuse, to cut, to be slow or to fall silent.</summary>
internal sealed class TcpProxy : IAsyncDisposable
{
    private const int ConnectSeconds = 5;
    private readonly TcpListener _listener;
    private readonly Func<IReadOnlyList<int>> _targets;
    private readonly CancellationTokenSource _stop = new();
    private readonly HashSet<ProxiedConnection> _connections = [];
    private readonly Task _accepting;
    private int _turn;

    /// <param name="targets">Ports in question, asked anew for each connection; they take turns.</param>
    public TcpProxy(int port, Func<IReadOnlyList<int>> targets)
    {
        (Port, _targets) = (port, targets);
        _listener = new TcpListener(IPAddress.Loopback, port);
        _listener.Start(backlog: 1024);
        _accepting = AcceptAsync();
    }

    public TcpProxy(int port, int target) : this(port, () => [target])
    {
    }

    public int Port { get; }

    /// <summary>Whoever connects is turned away at once.</summary>
    public bool Refuses { get; set; }

    /// <summary>Added to whatever travels, in each direction.</summary>
    public TimeSpan Delay { get; set; }

    public IReadOnlyList<ProxiedConnection> Connections
    {
        get
        {
            lock (_connections)
                return [.. _connections];
        }
    }

    /// <summary>Resets every connection.</summary>
    public void Reset()
    {
        foreach (var connection in Connections)
            connection.Reset();
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting;
        Reset();
        _listener.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                var client = await _listener.AcceptSocketAsync(_stop.Token);
                _ = ServeAsync(client);
            }
            catch (Exception exception) when (exception is OperationCanceledException or SocketException or ObjectDisposedException && _stop.IsCancellationRequested)
            {
                return;
            }
        }
    }

    private async Task ServeAsync(Socket client)
    {
        if (Refuses || await ConnectAsync() is not { } server)
        {
            ProxiedConnection.Reset(client);
            return;
        }
        using var connection = new ProxiedConnection(this, client, server);
        lock (_connections)
            _connections.Add(connection);
        await connection.RunAsync();
        lock (_connections)
            _connections.Remove(connection);
    }

    private async Task<Socket?> ConnectAsync()
    {
        var targets = _targets();
        var first = Interlocked.Increment(ref _turn) & int.MaxValue;
        for (var i = 0; i < targets.Count; i++)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(ConnectSeconds));
                await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, targets[(first + i) % targets.Count]), limit.Token);
                return socket;
            }
            catch (Exception exception) when (exception is SocketException or OperationCanceledException)
            {
                socket.Dispose(); // the next one
            }
        }
        return null;
    }
}
