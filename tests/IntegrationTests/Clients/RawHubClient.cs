using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;

namespace ImDapr.IntegrationTests.Clients;

/// <summary>A WebSocket that speaks as much of the hub's JSON protocol as to be connected, and that reads only when a test says so.</summary>
internal sealed class RawHubClient : IAsyncDisposable
{
    private const char End = '\u001e';
    private const int SmallBuffer = 16 * 1024;
    private readonly ClientWebSocket _socket = new();

    // A small window: what the client does not read soon waits at the server, and not in this machine's network.
    private readonly HttpMessageInvoker _http = new(new SocketsHttpHandler
    {
        ConnectCallback = async (context, cancellationToken) =>
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = SmallBuffer };
            await socket.ConnectAsync(context.DnsEndPoint, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        },
    });

    public static async Task<RawHubClient> ConnectAsync(Uri origin, string deviceId, string accessToken)
    {
        var client = new RawHubClient();
        using var limit = new CancellationTokenSource(ImClient.Patience);
        var hub = new UriBuilder(origin) { Scheme = "ws", Path = "hub/im", Query = $"deviceId={deviceId}&platform=web&access_token={accessToken}" };
        await client._socket.ConnectAsync(hub.Uri, client._http, limit.Token);
        var handshake = Encoding.UTF8.GetBytes("{\"protocol\":\"json\",\"version\":1}" + End);
        await client._socket.SendAsync(handshake, WebSocketMessageType.Text, endOfMessage: true, limit.Token);
        Assert.Equal("{}" + End, await client.ReadAsync(limit.Token));
        return client;
    }

    /// <summary>Reads what is still to be had, until the connection is closed or broken.</summary>
    /// <returns>How many pushes came.</returns>
    public async Task<int> ReadToEndAsync()
    {
        using var limit = new CancellationTokenSource(ImClient.Patience);
        var pushes = 0;
        try
        {
            while (await ReadAsync(limit.Token) is { } frame)
                pushes += frame.Split(End).Count(message => message.Contains("\"Deliver\"", StringComparison.Ordinal));
        }
        catch (WebSocketException) when (!limit.IsCancellationRequested)
        {
            // It was cut off: that is an end.
        }
        return pushes;
    }

    public ValueTask DisposeAsync()
    {
        _socket.Dispose();
        _http.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task<string?> ReadAsync(CancellationToken cancellationToken)
    {
        var text = new MemoryStream();
        var buffer = new byte[SmallBuffer];
        while (true)
        {
            var received = await _socket.ReceiveAsync(buffer, cancellationToken);
            if (received.MessageType == WebSocketMessageType.Close)
                return null;
            text.Write(buffer, 0, received.Count);
            if (received.EndOfMessage)
                return Encoding.UTF8.GetString(text.ToArray());
        }
    }
}
