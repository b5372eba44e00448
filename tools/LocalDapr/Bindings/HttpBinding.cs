using System.Globalization;
using ImDapr.LocalDapr.Resources;

namespace ImDapr.LocalDapr.Bindings;

/// <summary><c>bindings.http</c>: one base address, the operation as method, metadata that begin with a capital as headers.</summary>
/// <remarks>Without proxies, which daprd would take from its environment: what LocalDapr calls is on this machine or told by its address.</remarks>
internal sealed class HttpBinding : IOutputBinding
{
    private const string JsonType = "application/json; charset=utf-8";
    private const long DefaultMostBytes = 100 << 20;
    private const int MostHeaderKilobytes = 10 * 1024;
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(15);
    // daprd puts them into the metadata of every call.
    private static readonly string[] TraceHeaders = ["traceparent", "tracestate", "baggage"];

    private readonly ComponentSpec _spec;
    private readonly TimeProvider _time;
    private readonly long _mostBytes;
    private readonly TimeSpan? _responseTimeout;
    private readonly bool _errorIfNot2xx;
    private readonly string _url;
    private readonly (string Header, string Token)? _token;
    private GoHttpClient? _client;

    public HttpBinding(ComponentSpec spec, TimeProvider time)
    {
        (_spec, _time, _mostBytes) = (spec, time, DefaultMostBytes);
        if (spec.Find("maxResponseBodySize") is { } size && !GoQuantity.TryParse(size, out _mostBytes))
            throw spec.Invalid("maxResponseBodySize", "bytes, as a number or such as 100Mi");
        if (spec.Find("responseTimeout") is not null)
            _responseTimeout = spec.Duration("responseTimeout", default, TimeSpan.FromSeconds(1)) is { Ticks: > 0 } timeout ? timeout : TimeSpan.Zero;
        _url = spec.Find("url") ?? "";
        _token = spec.Find("securityToken") is { } token && spec.Find("securityTokenHeader") is { } header ? (header, token) : null;
        _errorIfNot2xx = spec.Find("errorIfNot2XX") is null || spec.Flag("errorIfNot2XX");
    }

    public IReadOnlyList<string> Operations { get; } = ["create", "get", "head", "post", "put", "patch", "delete", "options", "trace"];

    private GoHttpClient Client => _client ?? throw new ObjectDisposedException(_spec.Name);

    public async Task InitAsync(CancellationToken cancellationToken) => _client = new GoHttpClient(
        new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
            ConnectTimeout = ConnectTimeout,
            MaxResponseHeadersLength = MostHeaderKilobytes,
            // The call says what it is part of, this process does not.
            ActivityHeadersPropagator = null,
            SslOptions = await HttpBindingTls.ReadAsync(_spec, cancellationToken),
        }, _mostBytes);

    public async Task<BindingResult> InvokeAsync(BindingCall call, CancellationToken cancellationToken)
    {
        var method = call.Operation == "create" ? "POST" : call.Operation.ToUpperInvariant();
        var body = method is "POST" or "PUT" or "PATCH" ? call.Data : null;
        var request = new GoHttpRequest(method, GoUrl.Parse(Address(call)), Headers(call, body is not null), body);
        var response = await SendAsync(request, cancellationToken);
        var metadata = new Dictionary<string, string>(response.Headers)
        {
            ["statusCode"] = response.StatusCode.ToString(CultureInfo.InvariantCulture),
            ["status"] = response.Status,
        };
        var mustSucceed = call.Metadata.GetValueOrDefault("errorIfNot2XX") is { Length: > 0 } asked ? MetadataValues.IsTruthy(asked) : _errorIfNot2xx;
        return mustSucceed && response.StatusCode / 100 != 2
            ? throw new BindingException($"received status code {response.StatusCode}", metadata: metadata)
            : new BindingResult(response.Body, metadata);
    }

    public ValueTask DisposeAsync()
    {
        Interlocked.Exchange(ref _client, null)?.Dispose();
        return ValueTask.CompletedTask;
    }

    private string Address(BindingCall call)
    {
        return call.Metadata.GetValueOrDefault("path") is { Length: > 0 } path ? $"{_url.TrimEnd('/')}/{path.TrimStart('/')}" : _url;
    }

    // What comes later replaces what came before.
    private Dictionary<string, string> Headers(BindingCall call, bool hasBody)
    {
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase) { ["Accept"] = JsonType };
        if (hasBody)
            headers["Content-Type"] = JsonType;
        if (_token is { } secret)
            headers[secret.Header] = secret.Token;
        foreach (var (name, value) in call.Metadata.Where(pair => pair.Key.Length > 0 && char.IsAsciiLetterUpper(pair.Key[0])))
            headers[name] = value;
        foreach (var name in TraceHeaders)
        {
            if (call.Metadata.GetValueOrDefault(name) is { Length: > 0 } value)
                headers[name] = value;
        }
        return headers;
    }

    private async Task<GoHttpResponse> SendAsync(GoHttpRequest request, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(_responseTimeout ?? Timeout.InfiniteTimeSpan, _time);
        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        try
        {
            return await Client.SendAsync(request, cancellation.Token);
        }
        catch (OperationCanceledException error) when (!cancellationToken.IsCancellationRequested)
        {
            throw Failed(request, deadline.IsCancellationRequested ? "context deadline exceeded" : "i/o timeout", error);
        }
        catch (Exception error) when (error is HttpRequestException or IOException or InvalidDataException)
        {
            throw Failed(request, error.InnerException?.Message ?? error.Message, error);
        }
    }

    private static BindingException Failed(GoHttpRequest request, string why, Exception inner) =>
        new($"{request.Method[..1]}{request.Method[1..].ToLowerInvariant()} \"{GoUrl.Text(request.Url)}\": {why}", inner);
}
