using System.Net.Sockets;
using ImDapr.Chat;
using ImDapr.Chat.Accounts;
using ImDapr.Chat.Connecting;
using ImDapr.Chat.Syncing;

namespace ImDapr.Chaos.Traffic;

/// <summary>
/// One device: the terminal's own connection, sync engine and inbox reader, so that what is proven is proven of the client that people use. It goes offline
/// and comes back with what it had.
/// </summary>
internal sealed class Device : IAsyncDisposable
{
    // Instead of minutes: a run is short.
    private static readonly TimeSpan SyncEvery = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Goodbye = TimeSpan.FromSeconds(5);

    private readonly ChatOptions _options;
    private readonly StateFile _state;
    private readonly HttpClient _http;
    private readonly TokenSource _tokens;
    private readonly SemaphoreSlim _changing = new(1, 1);
    private Online? _online;
    private volatile TaskCompletionSource<HubLink> _link = New();

    public Device(string userId, string deviceId, Uri origin)
    {
        _options = new ChatOptions(userId, origin.ToString(), null, deviceId, Json: true, "", Linger: 0, Until: null);
        _state = StateFile.InMemory(_options);
        _http = new HttpClient { BaseAddress = origin, Timeout = TimeSpan.FromSeconds(15) };
        Api = new ImApi(_http);
        _tokens = new TokenSource(_options, Api, _state, TimeProvider.System);
        Screen = new Screen($"{userId}/{deviceId}");
    }

    public string UserId => _options.UserId;

    public Screen Screen { get; }

    public ImApi Api { get; }

    public bool IsOnline => _online is not null;

    /// <summary>An end of the device's own loops that nobody ordered: a kick, or a bug of the client.</summary>
    public List<string> Accidents { get; } = [];

    /// <summary>A valid access token, as soon as one can be had.</summary>
    public async Task<string> TokenAsync(CancellationToken cancellationToken)
    {
        var backoff = new Backoff(TimeProvider.System);
        while (true)
        {
            try
            {
                return await _tokens.GetAsync(cancellationToken);
            }
            catch (Exception failure) when (failure is HttpRequestException or SocketException or ApiException { Refusal.IsRetryable: true })
            {
                await backoff.WaitAsync(cancellationToken);
            }
        }
    }

    public async Task GoOnlineAsync()
    {
        await _changing.WaitAsync();
        try
        {
            if (_online is not null)
                return;
            var link = new HubLink(_options, _tokens, TimeProvider.System);
            var reader = new InboxReader(link, _state, Screen.Show, _ => Task.CompletedTask, TimeProvider.System, SyncEvery);
            var stop = new CancellationTokenSource();
            _online = new Online(link, reader, stop, Task.WhenAll(
                GuardAsync(StayAsync(link, stop.Token), stop.Token), GuardAsync(reader.RunAsync(stop.Token), stop.Token),
                GuardAsync(reader.AcknowledgeAsync(stop.Token), stop.Token)));
            _link.TrySetResult(link);
        }
        finally
        {
            _changing.Release();
        }
    }

    public async Task GoOfflineAsync()
    {
        await _changing.WaitAsync();
        try
        {
            if (_online is not { } online)
                return;
            (_online, _link) = (null, New());
            await online.Stop.CancelAsync();
            await online.Loops.WaitAsync(Goodbye).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            online.Reader.Dispose();
            await online.Link.DisposeAsync();
            online.Stop.Dispose();
        }
        finally
        {
            _changing.Release();
        }
    }

    /// <summary>A hub call over whatever connection stands, now or later.</summary>
    /// <exception cref="HubRefusedException">The server refused.</exception>
    /// <exception cref="LinkLostException">The connection ended before the answer.</exception>
    public async Task<T> CallAsync<T>(string method, object argument, CancellationToken cancellationToken)
    {
        var link = await _link.Task.WaitAsync(cancellationToken);
        try
        {
            return await link.CallAsync<T>(method, argument, cancellationToken);
        }
        catch (ObjectDisposedException gone)
        {
            throw new LinkLostException(gone);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await GoOfflineAsync();
        _tokens.Dispose();
        _http.Dispose();
        _changing.Dispose();
    }

    private static async Task StayAsync(HubLink link, CancellationToken cancellationToken) =>
        throw new InvalidOperationException($"kicked: {await link.RunAsync(cancellationToken)}");

    private async Task GuardAsync(Task loop, CancellationToken stop)
    {
        try
        {
            await loop;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return; // it was told to
        }
        catch (Exception failure)
        {
            lock (Accidents)
                Accidents.Add($"{Screen.Name}: {failure.GetType().Name}: {failure.Message}");
        }
    }

    private static TaskCompletionSource<HubLink> New() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private sealed record Online(HubLink Link, InboxReader Reader, CancellationTokenSource Stop, Task Loops);
}
