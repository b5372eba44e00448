using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Logging;

namespace ImDapr.UnitTests.LocalDapr.Bindings;

/// <summary>A request as it was sent: its first line, its headers, its body.</summary>
internal sealed record ServedRequest(string Line, Dictionary<string, string> Headers, string Body);

/// <summary>A server on a free port of this machine that answers as a test says.</summary>
internal sealed class HttpServerStub : IAsyncDisposable
{
    private readonly WebApplication _app;

    private HttpServerStub(WebApplication app) => _app = app;

    public ConcurrentQueue<ServedRequest> Requests { get; } = [];

    public Func<HttpContext, Task> Answer { get; set; } = _ => Task.CompletedTask;

    /// <summary>Without a path.</summary>
    public string Url => _app.Urls.First();

    /// <param name="certificate">For HTTPS, with a certificate of the client required; null: HTTP.</param>
    public static async Task<HttpServerStub> StartAsync(X509Certificate2? certificate = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen =>
        {
            if (certificate is not null)
            {
                listen.UseHttps(certificate, https =>
                {
                    https.ClientCertificateMode = ClientCertificateMode.RequireCertificate;
                    https.AllowAnyClientCertificate();
                });
            }
        }));
        var stub = new HttpServerStub(builder.Build());
        stub._app.Run(stub.HandleAsync);
        await stub._app.StartAsync();
        return stub;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task HandleAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body);
        var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        var headers = context.Request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase);
        Requests.Enqueue(new ServedRequest($"{context.Request.Method} {target}", headers, await reader.ReadToEndAsync()));
        await Answer(context);
    }
}
