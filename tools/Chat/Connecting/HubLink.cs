using System.Net;
using System.Net.WebSockets;
using ImDapr.Chat.Accounts;
using ImDapr.Contracts;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Client;
using Microsoft.Extensions.DependencyInjection;

namespace ImDapr.Chat.Connecting;

/// <summary>One connection to the hub, made again for ever until the server says that this device is no longer wanted.</summary>
/// <remarks>SignalR's own reconnect neither covers the first attempt nor a server that says goodbye; one loop covers all three.</remarks>
public sealed class HubLink : IAsyncDisposable
{
    // Nothing that the hub answers takes this long: a call without an answer is as good as lost.
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan FirstContact = TimeSpan.FromSeconds(60);
    private readonly ChatOptions _options;
    private readonly TokenSource _tokens;
    private readonly TimeProvider _time;
    private readonly HubConnection _hub;
    private readonly ITimer _leave;
    private readonly TaskCompletionSource<string> _kicked = New<string>();
    private volatile TaskCompletionSource _connected = New();
    private volatile TaskCompletionSource _leaving = New();
    private volatile TaskCompletionSource<Exception?> _closed = New<Exception?>();
    private bool _wasConnected;

    public HubLink(ChatOptions options, TokenSource tokens, TimeProvider time)
    {
        (_options, _tokens, _time) = (options, tokens, time);
        var hub = new Uri(options.Origin, $"hub/im?deviceId={Uri.EscapeDataString(options.DeviceId)}&platform={ChatOptions.Platform}");
        _hub = new HubConnectionBuilder()
            .WithUrl(hub, HttpTransportType.WebSockets, http =>
            {
                // Negotiation is a request of its own, which a load balancer may give to another node.
                http.SkipNegotiation = true;
                http.AccessTokenProvider = async () => await tokens.GetAsync(CancellationToken.None); // no token is offered here
            })
            .AddJsonProtocol(json => json.PayloadSerializerOptions = ContractsJson.Wire)
            .Build();
        _hub.Closed += error =>
        {
            _closed.TrySetResult(error);
            return Task.CompletedTask;
        };
        _hub.On<Kick>(nameof(IImClient.Kicked), kick => _kicked.TrySetResult(kick.Reason));
        _leave = time.CreateTimer(_ => _leaving.TrySetResult(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _hub.On<Within>(nameof(IImClient.Reconnect), within => _leave.Change(within.RandomWait(), Timeout.InfiniteTimeSpan));
    }

    /// <summary>A connection stands.</summary>
    public event Action? Connected;

    /// <summary>There is no connection; the reason, once for each outage.</summary>
    public event Action<string>? Disconnected;

    public void On<T>(string method, Action<T> handler) => _hub.On(method, handler);

    /// <summary>Keeps a connection until the server ends the session; returns the reason it gave.</summary>
    /// <exception cref="ChatException">There is no way to sign in.</exception>
    public async Task<string> RunAsync(CancellationToken cancellationToken)
    {
        var backoff = new Backoff(_time);
        while (true)
        {
            await ConnectAsync(backoff, cancellationToken);
            _wasConnected = true;
            _connected.TrySetResult();
            Connected?.Invoke();

            var since = _time.GetTimestamp();
            await Task.WhenAny(_kicked.Task, _closed.Task, _leaving.Task).WaitAsync(cancellationToken);
            if (_kicked.Task.IsCompleted)
                return await _kicked.Task;

            _connected = New();
            await _hub.StopAsync(cancellationToken); // when this node is to be left; a closed connection does not mind
            Disconnected?.Invoke((await _closed.Task)?.Message ?? "the server closed the connection");
            // A server that accepts and closes at once is as ill as one that does not answer.
            if (_time.GetElapsedTime(since) > Backoff.Longest)
                backoff.Reset();
            await backoff.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Calls the hub as soon as a connection stands.</summary>
    /// <exception cref="HubRefusedException">The server refused.</exception>
    /// <exception cref="LinkLostException">The connection ended before the answer.</exception>
    public async Task<T> CallAsync<T>(string method, object argument, CancellationToken cancellationToken)
    {
        await _connected.Task.WaitAsync(cancellationToken);
        using var limited = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limited.CancelAfter(CallTimeout);
        try
        {
            return await _hub.InvokeAsync<T>(method, argument, limited.Token);
        }
        catch (HubException e)
        {
            throw new HubRefusedException(HubErrors.Parse(e), e);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new LinkLostException(e);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _leave.DisposeAsync();
        await _hub.DisposeAsync();
    }

    private async Task ConnectAsync(Backoff backoff, CancellationToken cancellationToken)
    {
        var started = _time.GetTimestamp();
        var reported = false;
        while (true)
        {
            try
            {
                await _tokens.GetAsync(cancellationToken); // here and not in SignalR's handshake, which would wrap a refusal
                (_closed, _leaving) = (New<Exception?>(), New());
                await _hub.StartAsync(cancellationToken);
                return;
            }
            catch (ApiException e) when (!e.Refusal.IsRetryable)
            {
                throw new ChatException($"{_options.Server} refuses {_options.UserId}: {e.Message}", e);
            }
            catch (Exception e) when (e is not ChatException && !cancellationToken.IsCancellationRequested)
            {
                // The server answered, and did not open a WebSocket: most likely it refuses the token.
                if (e is HttpRequestException { StatusCode: HttpStatusCode.Unauthorized } or WebSocketException { WebSocketErrorCode: WebSocketError.NotAWebSocket })
                    _tokens.Forget();
                if (!_wasConnected && _time.GetElapsedTime(started) > FirstContact)
                    throw new ChatException($"{_options.Server} cannot be reached: {e.Message}", e);
                if (!_wasConnected && !reported)
                    Disconnected?.Invoke($"{_options.Server} cannot be reached yet: {e.Message}");
                reported = true;
            }
            await backoff.WaitAsync(cancellationToken);
        }
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static TaskCompletionSource<T> New<T>() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
