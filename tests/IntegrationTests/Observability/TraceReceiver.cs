using Google.Protobuf;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace ImDapr.IntegrationTests.Observability;

/// <summary>A collector of the test's own: takes spans as every service exports them, OTLP over HTTP.</summary>
public sealed class TraceReceiver : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly List<ReceivedSpan> _spans = [];
    private readonly List<byte[]> _exports = [];
    private readonly Lock _lock = new();

    private TraceReceiver(WebApplication app) => _app = app;

    public string Endpoint => _app.Urls.Single();

    public static async Task<TraceReceiver> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var receiver = new TraceReceiver(builder.Build());
        receiver._app.MapPost("/v1/traces", receiver.TakeAsync);
        await receiver._app.StartAsync();
        return receiver;
    }

    public IReadOnlyList<ReceivedSpan> Spans
    {
        get
        {
            lock (_lock)
                return [.. _spans];
        }
    }

    /// <summary>Everything that was exported, as bytes: nothing secret may be in it, whatever field it is in.</summary>
    public IReadOnlyList<byte[]> Exports
    {
        get
        {
            lock (_lock)
                return [.. _exports];
        }
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task TakeAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        var spans = OtlpTraces.Read(body.ToArray());
        lock (_lock)
        {
            _exports.Add(body.ToArray());
            _spans.AddRange(spans);
        }
        context.Response.ContentType = "application/x-protobuf";
    }
}

public sealed record ReceivedSpan(string Service, string TraceId, string SpanId, string ParentId, string Name, IReadOnlyList<string> LinkedTraces);

/// <summary>
/// Reads an OTLP export as far as the tests need it, by the field numbers of opentelemetry/proto/trace/v1/trace.proto; no package with the
/// messages is to be had.
/// </summary>
internal static class OtlpTraces
{
    public static List<ReceivedSpan> Read(byte[] export)
    {
        var spans = new List<ReceivedSpan>();
        foreach (var resourceSpans in Fields(export, 1))
        {
            var service = ServiceOf(Fields(resourceSpans, 1).Single());
            foreach (var scopeSpans in Fields(resourceSpans, 2))
                spans.AddRange(Fields(scopeSpans, 2).Select(span => SpanOf(service, span)));
        }
        return spans;
    }

    private static ReceivedSpan SpanOf(string service, byte[] span) => new(
        service, Hex(span, 1), Hex(span, 2), Hex(span, 4), Text(Fields(span, 5).Single()), [.. Fields(span, 13).Select(link => Hex(link, 1))]);

    private static string ServiceOf(byte[] resource) => Fields(resource, 1)
        .Where(attribute => Text(Fields(attribute, 1).Single()) == "service.name")
        .Select(attribute => Text(Fields(Fields(attribute, 2).Single(), 1).Single())).Single();

    private static string Hex(byte[] message, int field) => Convert.ToHexStringLower(Fields(message, field).SingleOrDefault() ?? []);

    private static string Text(byte[] bytes) => System.Text.Encoding.UTF8.GetString(bytes);

    private static List<byte[]> Fields(byte[] message, int number)
    {
        var values = new List<byte[]>();
        var input = new CodedInputStream(message);
        while (input.ReadTag() is not 0 and var tag)
        {
            if (WireFormat.GetTagFieldNumber(tag) == number && WireFormat.GetTagWireType(tag) == WireFormat.WireType.LengthDelimited)
                values.Add(input.ReadBytes().ToByteArray());
            else
                input.SkipLastField();
        }
        return values;
    }
}
