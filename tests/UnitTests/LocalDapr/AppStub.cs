using System.Net;
using System.Threading.Channels;
using ImDapr.LocalDapr.Invocation;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Primitives;

namespace ImDapr.UnitTests.LocalDapr;

/// <summary>What an app was asked: the request line as sent, the body, and how to answer.</summary>
internal sealed record AppRequest(string Line, string Body, IHeaderDictionary Headers, CancellationToken Aborted);

/// <summary>An app on a free port whose answers a test decides on.</summary>
internal sealed class AppStub : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly Channel<AppRequest> _requests = System.Threading.Channels.Channel.CreateUnbounded<AppRequest>();

    private AppStub(WebApplication app) => _app = app;

    public AppChannel Channel { get; private set; } = null!;

    /// <summary>Answers a call; by default with 200 and the body that came.</summary>
    public Func<AppRequest, HttpResponse, Task> Answer { get; set; } = (request, response) => response.WriteAsync(request.Body);

    public static async Task<AppStub> StartAsync(string appId)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var stub = new AppStub(builder.Build());
        stub._app.Run(stub.HandleAsync);
        await stub._app.StartAsync();
        stub.Channel = new AppChannel(appId, new Uri(stub._app.Urls.First()).Port, null);
        return stub;
    }

    /// <summary>The next request that the app got.</summary>
    public Task<AppRequest> NextAsync() => _requests.Reader.ReadAsync().AsTask().WaitAsync(Components.Patience);

    public bool HasRequest => _requests.Reader.TryPeek(out _);

    /// <summary>Listens no more.</summary>
    public Task StopAsync() => _app.StopAsync();

    public async ValueTask DisposeAsync()
    {
        Channel.Dispose();
        await _app.DisposeAsync();
    }

    // The server uses its own again for the next request.
    private static HeaderDictionary Copy(IHeaderDictionary headers) => new(new Dictionary<string, StringValues>(headers, StringComparer.OrdinalIgnoreCase));

    private async Task HandleAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body);
        var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        var request = new AppRequest(
            $"{context.Request.Method} {target}", await reader.ReadToEndAsync(), Copy(context.Request.Headers), context.RequestAborted);
        _requests.Writer.TryWrite(request);
        if (context.Request.Method is "PUT" or "POST")
            await Answer(request, context.Response);
    }
}
