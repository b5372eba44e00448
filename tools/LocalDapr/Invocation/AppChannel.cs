using System.Net;
using System.Net.Sockets;

namespace ImDapr.LocalDapr.Invocation;

/// <summary>HTTP to one instance of an app, on loopback. Adds <c>dapr-api-token</c> where the app wants one.</summary>
/// <param name="apiToken">The app's token; null: none.</param>
/// <param name="maxConcurrency">Calls at a time; 0 or less: as many as come.</param>
public sealed class AppChannel(string appId, int port, string? apiToken, int maxConcurrency = -1) : IDisposable
{
    private readonly SemaphoreSlim? _places = maxConcurrency > 0 ? new SemaphoreSlim(maxConcurrency) : null;
    private readonly HttpMessageInvoker _http = CreateInvoker();
    private volatile bool _isHealthy = true;

    public string AppId => appId;

    public int Port => port;

    public Uri BaseAddress { get; } = new($"http://127.0.0.1:{port}/");

    /// <summary>False while the app's health checks fail: nothing but those should be sent.</summary>
    public bool IsHealthy
    {
        get => _isHealthy;
        set => _isHealthy = value;
    }

    /// <summary>A client that adds nothing to what it is given and follows nothing.</summary>
    internal static HttpMessageInvoker CreateInvoker() => new(new SocketsHttpHandler
    {
        UseProxy = false,
        UseCookies = false,
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.None,
        // A trace header of ours would stand beside the one that is passed through.
        ActivityHeadersPropagator = null,
        ConnectTimeout = TimeSpan.FromSeconds(2),
        PooledConnectionIdleTimeout = TimeSpan.FromMinutes(2),
    });

    /// <summary>Sends the request; its address may be relative to <see cref="BaseAddress"/>. Answers once the headers are there.</summary>
    /// <exception cref="HttpRequestException">The app cannot be reached, or is not healthy.</exception>
    public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (!_isHealthy)
            throw new HttpRequestException(HttpRequestError.Unknown, "app is not in a healthy state");
        return _places is null ? SendAnywayAsync(request, cancellationToken) : SendInTurnAsync(request, _places, cancellationToken);
    }

    /// <summary>As <see cref="SendAsync"/>, but also to an app that is not healthy, and past the others that wait.</summary>
    public async Task<HttpResponseMessage> SendAnywayAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (request.RequestUri is { IsAbsoluteUri: false } relative)
            request.RequestUri = new Uri(BaseAddress, relative);
        if (!string.IsNullOrEmpty(apiToken))
        {
            request.Headers.Remove("dapr-api-token");
            request.Headers.TryAddWithoutValidation("dapr-api-token", apiToken);
        }
        try
        {
            return await _http.SendAsync(request, cancellationToken);
        }
        catch (SocketException reset)
        {
            // A connection that is reset before the handler has set it up (ENOTCONN) comes out unwrapped.
            throw new HttpRequestException(HttpRequestError.ConnectionError, reset.Message, reset);
        }
    }

    // The places are left to the collector: an answer that is still read gives its own back later.
    public void Dispose() => _http.Dispose();

    // The place is free again when the answer is disposed of: one that streams holds it to its end.
    private async Task<HttpResponseMessage> SendInTurnAsync(HttpRequestMessage request, SemaphoreSlim places, CancellationToken cancellationToken)
    {
        await places.WaitAsync(cancellationToken);
        HttpResponseMessage? response = null;
        try
        {
            response = await SendAnywayAsync(request, cancellationToken);
            response.Content = new HeldBody(response.Content, places);
            return response;
        }
        finally
        {
            if (response is null)
                places.Release();
        }
    }
}
