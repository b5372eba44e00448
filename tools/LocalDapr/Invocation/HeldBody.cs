using System.Net;

namespace ImDapr.LocalDapr.Invocation;

/// <summary>The body of an app's answer, which holds a place among the calls of the app until it is disposed of.</summary>
internal sealed class HeldBody : HttpContent
{
    private readonly HttpContent _body;
    private SemaphoreSlim? _places;

    public HeldBody(HttpContent body, SemaphoreSlim places)
    {
        (_body, _places) = (body, places);
        foreach (var (name, values) in body.Headers.NonValidated)
            Headers.TryAddWithoutValidation(name, (IEnumerable<string>)values);
    }

    protected override Task<Stream> CreateContentReadStreamAsync() => _body.ReadAsStreamAsync();

    protected override Task<Stream> CreateContentReadStreamAsync(CancellationToken cancellationToken) => _body.ReadAsStreamAsync(cancellationToken);

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => _body.CopyToAsync(stream, context);

    protected override bool TryComputeLength(out long length)
    {
        length = _body.Headers.ContentLength ?? 0;
        return _body.Headers.ContentLength is not null;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _body.Dispose();
            Interlocked.Exchange(ref _places, null)?.Release();
        }
        base.Dispose(disposing);
    }
}
