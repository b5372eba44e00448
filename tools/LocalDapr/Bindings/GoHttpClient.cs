using System.IO.Compression;
using System.Net;
using System.Text;

namespace ImDapr.LocalDapr.Bindings;

/// <param name="Headers">Names are case-insensitive.</param>
/// <param name="Body">Null: none.</param>
internal sealed record GoHttpRequest(string Method, Uri Url, Dictionary<string, string> Headers, byte[]? Body);

/// <param name="Status">For example <c>200 OK</c>.</param>
/// <param name="Headers">Names as Go writes them, several values with commas between them.</param>
internal sealed record GoHttpResponse(int StatusCode, string Status, Dictionary<string, string> Headers, byte[] Body);

/// <summary>
/// Sends as Go's HTTP client does: it follows redirects, which make most methods a GET and leave credentials behind on another host, and asks for
/// gzip that it unpacks by itself.
/// </summary>
/// <param name="handler">Must neither follow redirects nor unpack.</param>
/// <param name="mostBytes">Where the body of an answer is cut; 0 or less: nowhere.</param>
internal sealed class GoHttpClient(SocketsHttpHandler handler, long mostBytes) : IDisposable
{
    private const int MostRequests = 10;
    // Go takes these from elsewhere than the headers.
    private static readonly HashSet<string> NotSent = new(["Host", "Content-Length", "Transfer-Encoding", "Trailer"], StringComparer.OrdinalIgnoreCase);
    private static readonly string[] Credentials = ["Authorization", "Www-Authenticate", "Cookie", "Cookie2", "Proxy-Authorization", "Proxy-Authenticate"];
    private static readonly string[] OfBody = ["Content-Encoding", "Content-Language", "Content-Location", "Content-Type"];

    private readonly HttpMessageInvoker _invoker = new(handler);

    /// <exception cref="HttpRequestException">There is no answer, or too many redirects.</exception>
    /// <exception cref="BindingException">A header or an address cannot be sent.</exception>
    public async Task<GoHttpResponse> SendAsync(GoHttpRequest request, CancellationToken cancellationToken)
    {
        for (var sent = 1; ; sent++)
        {
            var unpack = request.Method != "HEAD" && !request.Headers.ContainsKey("Accept-Encoding") && !request.Headers.ContainsKey("Range");
            using var message = Message(request, unpack);
            using var response = await _invoker.SendAsync(message, cancellationToken);
            if (Redirected(request, response) is not { } next)
                return await ReadAsync(response, unpack, cancellationToken);
            if (sent == MostRequests)
                throw new HttpRequestException($"stopped after {MostRequests} redirects");
            request = next;
        }
    }

    public void Dispose() => _invoker.Dispose();

    /// <summary>A header's name with capitals where Go has them: <c>Etag</c>, <c>X-Request-Id</c>.</summary>
    public static string Canonical(string name) =>
        string.Join('-', name.Split('-').Select(part => part.Length == 0 ? part : char.ToUpperInvariant(part[0]) + part[1..].ToLowerInvariant()));

    private static HttpRequestMessage Message(GoHttpRequest request, bool unpack)
    {
        var message = new HttpRequestMessage(new HttpMethod(request.Method), request.Url)
        {
            // HTTP/2 where TLS agrees on it.
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
            Content = request.Body is null ? null : new ByteArrayContent(request.Body),
        };
        if (unpack)
            message.Headers.TryAddWithoutValidation("Accept-Encoding", "gzip");
        if (!request.Headers.ContainsKey("User-Agent"))
            message.Headers.TryAddWithoutValidation("User-Agent", "Go-http-client/1.1");
        if (request.Url.UserInfo.Length > 0 && !request.Headers.ContainsKey("Authorization"))
            message.Headers.TryAddWithoutValidation("Authorization", $"Basic {Base64(Uri.UnescapeDataString(request.Url.UserInfo))}");
        foreach (var (name, value) in request.Headers.Where(header => !NotSent.Contains(header.Key)))
            Add(message, name, value);
        return message;
    }

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    private static void Add(HttpRequestMessage message, string name, string value)
    {
        if (value.Any(c => char.IsControl(c) && c != '\t'))
            throw new BindingException($"net/http: invalid header field value for \"{name}\"");
        if (message.Headers.TryAddWithoutValidation(name, value))
            return;
        // Headers of a body are allowed without one, too.
        message.Content ??= new ByteArrayContent([]);
        if (!message.Content.Headers.TryAddWithoutValidation(name, value))
            throw new BindingException($"net/http: invalid header field name \"{name}\"");
    }

    // Without a place to go to, a redirect is an answer like any other.
    private static GoHttpRequest? Redirected(GoHttpRequest request, HttpResponseMessage response)
    {
        var keeps = response.StatusCode is HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect;
        if (!keeps && response.StatusCode is not (HttpStatusCode.MovedPermanently or HttpStatusCode.Found or HttpStatusCode.SeeOther))
            return null;
        if (!response.Headers.NonValidated.TryGetValues("Location", out var locations) || locations.First() is not { Length: > 0 } location)
            return null;
        var target = GoUrl.Resolve(request.Url, location);
        return new GoHttpRequest(
            keeps || request.Method is "GET" or "HEAD" ? request.Method : "GET", target, HeadersFor(request, target, keeps), keeps ? request.Body : null);
    }

    private static Dictionary<string, string> HeadersFor(GoHttpRequest request, Uri target, bool withBody)
    {
        var headers = new Dictionary<string, string>(request.Headers, StringComparer.OrdinalIgnoreCase);
        var (from, to) = (request.Url.Host, target.Host);
        if (!to.Equals(from, StringComparison.OrdinalIgnoreCase) && !to.EndsWith($".{from}", StringComparison.OrdinalIgnoreCase))
        {
            foreach (var name in Credentials)
                headers.Remove(name);
        }
        if (!withBody)
        {
            foreach (var name in OfBody)
                headers.Remove(name);
        }
        if (request.Url.Scheme == target.Scheme || target.Scheme == Uri.UriSchemeHttps)
            headers.TryAdd("Referer", request.Url.OriginalString.Replace($"{request.Url.UserInfo}@", "", StringComparison.Ordinal));
        return headers;
    }

    private async Task<GoHttpResponse> ReadAsync(HttpResponseMessage response, bool unpack, CancellationToken cancellationToken)
    {
        var headers = new Dictionary<string, string>();
        foreach (var (name, values) in response.Headers.NonValidated.Concat(response.Content.Headers.NonValidated))
        {
            if (name is not ("Transfer-Encoding" or "Trailer"))
                headers[Canonical(name)] = string.Join(", ", values);
        }
        await using var raw = await response.Content.ReadAsStreamAsync(cancellationToken);
        var status = $"{(int)response.StatusCode} {response.ReasonPhrase}";
        if (!unpack || !string.Equals(headers.GetValueOrDefault("Content-Encoding"), "gzip", StringComparison.OrdinalIgnoreCase))
            return new GoHttpResponse((int)response.StatusCode, status, headers, await BytesAsync(raw, cancellationToken));
        headers.Remove("Content-Encoding");
        headers.Remove("Content-Length");
        await using var unpacked = new GZipStream(raw, CompressionMode.Decompress);
        return new GoHttpResponse((int)response.StatusCode, status, headers, await BytesAsync(unpacked, cancellationToken));
    }

    private async Task<byte[]> BytesAsync(Stream stream, CancellationToken cancellationToken)
    {
        using var bytes = new MemoryStream();
        var buffer = new byte[16 * 1024];
        var left = mostBytes > 0 ? mostBytes : long.MaxValue;
        while (left > 0)
        {
            var read = await stream.ReadAsync(buffer.AsMemory(0, (int)Math.Min(left, buffer.Length)), cancellationToken);
            if (read == 0)
                break;
            bytes.Write(buffer, 0, read);
            left -= read;
        }
        return bytes.ToArray();
    }
}
