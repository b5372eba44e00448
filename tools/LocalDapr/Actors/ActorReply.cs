using System.Buffers;
using System.Net.Http.Headers;

namespace ImDapr.LocalDapr.Actors;

/// <summary>Answer of an app to an actor call, read to its end. Its body goes back to a pool when it is disposed of.</summary>
public sealed class ActorReply : IDisposable
{
    // daprd's --max-body-size.
    public const int MaxBody = 4 * 1024 * 1024;

    private readonly HttpResponseMessage _response;
    private byte[] _buffer;
    private int _length;

    private ActorReply(HttpResponseMessage response, int capacity)
    {
        _response = response;
        _buffer = ArrayPool<byte>.Shared.Rent(capacity);
    }

    public ReadOnlyMemory<byte> Body => _buffer.AsMemory(0, _length);

    public int Status => (int)_response.StatusCode;

    public string? ContentType => Find(_response.Content.Headers.NonValidated, "Content-Type");

    public HttpHeadersNonValidated Headers => _response.Headers.NonValidated;

    public HttpHeadersNonValidated ContentHeaders => _response.Content.Headers.NonValidated;

    /// <exception cref="HttpRequestException">The connection broke.</exception>
    /// <exception cref="ActorApiException">The body is larger than <see cref="MaxBody"/>.</exception>
    public static async ValueTask<ActorReply> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var reply = new ActorReply(response, (int)Math.Clamp(response.Content.Headers.ContentLength ?? 1024, 256, MaxBody) + 1);
        try
        {
            await reply.FillAsync(cancellationToken);
            return reply;
        }
        catch
        {
            reply.Dispose();
            throw;
        }
    }

    public string? Find(string header) => Find(Headers, header);

    public void Dispose()
    {
        _response.Dispose();
        var buffer = _buffer;
        (_buffer, _length) = ([], 0);
        if (buffer.Length > 0)
            ArrayPool<byte>.Shared.Return(buffer);
    }

    private async ValueTask FillAsync(CancellationToken cancellationToken)
    {
        var body = await _response.Content.ReadAsStreamAsync(cancellationToken);
        while (true)
        {
            if (_length > MaxBody)
                throw ActorApiException.Invoke("stream too large");

            if (_length == _buffer.Length)
                Grow();

            var read = await body.ReadAsync(_buffer.AsMemory(_length), cancellationToken);
            if (read == 0)
                return;

            _length += read;
        }
    }

    private void Grow()
    {
        var larger = ArrayPool<byte>.Shared.Rent(_buffer.Length * 2);
        _buffer.AsSpan(0, _length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = larger;
    }

    private static string? Find(HttpHeadersNonValidated headers, string name) =>
        headers.TryGetValues(name, out var values) ? values.ToString() : null;
}
