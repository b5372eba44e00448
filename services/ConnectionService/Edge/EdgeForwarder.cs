using System.Net;
using ImDapr.Contracts;
using ImDapr.ServiceDefaults.Actors;
using ImDapr.ServiceDefaults.Hosting;
using ImDapr.ServiceDefaults.Observability;
using Yarp.ReverseProxy.Forwarder;

namespace ImDapr.ConnectionService.Edge;

/// <summary>Forwards what is in <see cref="EdgeRoutes"/> through the sidecar; refuses the rest.</summary>
public sealed partial class EdgeForwarder(IHttpForwarder forwarder, IServiceProvider provider, Draining draining, ILogger<EdgeForwarder> logger) : IDisposable
{
    private static readonly Refusal Unknown = new(ErrorCodes.NotFound, "There is nothing at this address.");

    private static readonly PathString Polls = "/api/inbox";

    // A long poll waits up to a minute for its first byte.
    private static readonly ForwarderRequestConfig Request = new() { ActivityTimeout = TimeSpan.FromSeconds(100) };

    private readonly string _sidecar = DaprEndpoint.Http(provider);
    private readonly string? _apiToken = DaprEndpoint.ApiToken(provider);

    private readonly HttpMessageInvoker _client = new(new SocketsHttpHandler
    {
        UseProxy = false,
        UseCookies = false,
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.None,
        ConnectTimeout = TimeSpan.FromSeconds(5),
    });

    public async Task ForwardAsync(HttpContext context)
    {
        if (EdgeRoutes.Find(context.Request.Path.Value) is not { } target)
        {
            await Unknown.ToProblem().ExecuteAsync(context);
            return;
        }
        using var span = StageSpans.StartRoot("edge");
        // A poll would hold up an instance that leaves: it is asked again, elsewhere.
        var cut = context.Request.Path.StartsWithSegments(Polls) ? draining.Began : CancellationToken.None;
        var error = await forwarder.SendAsync(context, _sidecar, _client, Request, new EdgeTransformer(target, _apiToken, (status, why) => LogRefused(target.AppId, status, why)), cut);
        if (error != ForwarderError.None && !context.Response.HasStarted && !context.RequestAborted.IsCancellationRequested)
            await AnswerAsync(context, error, target);
    }

    public void Dispose() => _client.Dispose();

    private async Task AnswerAsync(HttpContext context, ForwarderError error, EdgeTarget target)
    {
        var cause = context.GetForwarderErrorFeature()?.Exception;
        LogNotForwarded(cause, target.AppId, error);
        var refusal = BadRequestIn(cause) is { } bad ? ProblemExceptionHandler.RefusalOf(bad) : null;
        await (refusal ?? EdgeTransformer.Away).ToProblem().ExecuteAsync(context);
    }

    // A body that is too large or breaks off surfaces inside the client's own exception.
    private static BadHttpRequestException? BadRequestIn(Exception? cause) => cause switch
    {
        null => null,
        BadHttpRequestException bad => bad,
        AggregateException several => several.InnerExceptions.Select(BadRequestIn).FirstOrDefault(bad => bad is not null),
        _ => BadRequestIn(cause.InnerException),
    };

    [LoggerMessage(2402, LogLevel.Warning, "The sidecar could not forward a request to {AppId}: {Status} {Why}")]
    private partial void LogRefused(string appId, int status, string why);

    [LoggerMessage(2401, LogLevel.Warning, "A request could not be forwarded to {AppId}: {Error}")]
    private partial void LogNotForwarded(Exception? cause, string appId, ForwarderError error);
}
