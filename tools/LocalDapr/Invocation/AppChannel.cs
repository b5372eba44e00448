using System.Net;

namespace ImDapr.LocalDapr.Invocation;

/// <summary>HTTP to one instance of an app, on loopback. Adds <c>dapr-api-token</c> where the app wants one.</summary>
public sealed class AppChannel : IDisposable
{
    private readonly string? _token;
    private readonly HttpMessageInvoker _http = new(new SocketsHttpHandler
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

    public AppChannel(string appId, int port, string? apiToken)
    {
        _token = apiToken;
        AppId = appId;
        Port = port;
        BaseAddress = new Uri($"http://127.0.0.1:{port}/");
    }

    public string AppId { get; }

    public int Port { get; }

    public Uri BaseAddress { get; }

    /// <summary>Sends the request; its address may be relative to <see cref="BaseAddress"/>. Answers once the headers are there.</summary>
    /// <exception cref="HttpRequestException">The app cannot be reached.</exception>
    public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (request.RequestUri is { IsAbsoluteUri: false } relative)
            request.RequestUri = new Uri(BaseAddress, relative);
        if (!string.IsNullOrEmpty(_token))
            request.Headers.TryAddWithoutValidation("dapr-api-token", _token);
        return _http.SendAsync(request, cancellationToken);
    }

    public void Dispose() => _http.Dispose();
}
