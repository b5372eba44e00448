using System.Net;
using ImDapr.Contracts;
using ImDapr.ServiceDefaults.Actors;
using ImDapr.ServiceDefaults.Hosting;
using Yarp.ReverseProxy.Forwarder;

namespace ImDapr.ConnectionService.Edge;

/// <summary>The one public origin: <c>/api/*</c> goes to the service that answers it, through service invocation. Nothing else is forwarded.</summary>
public static class EdgeApi
{
    /// <summary>Which app answers a path under /api, by its first segment.</summary>
    public static readonly IReadOnlyDictionary<string, string> Routes = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase)
    {
        ["users"] = DaprNames.UserService,
        ["sessions"] = DaprNames.UserService,
        ["devices"] = DaprNames.UserService,
        ["contacts"] = DaprNames.UserService,
        ["blocks"] = DaprNames.UserService,
        ["groups"] = DaprNames.UserService,
        ["conversations"] = DaprNames.MessageService,
        ["inbox"] = DaprNames.MessageService,
    };

    private static readonly ForwarderRequestConfig Config = new() { ActivityTimeout = TimeSpan.FromSeconds(100) };

    public static void MapEdge(this WebApplication app)
    {
        var forwarder = app.Services.GetRequiredService<IHttpForwarder>();
        var http = new HttpMessageInvoker(new SocketsHttpHandler
        {
            UseProxy = false,
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            UseCookies = false,
            ConnectTimeout = TimeSpan.FromSeconds(5),
        });
        var (sidecar, token) = (DaprEndpoint.Http(app.Services), DaprEndpoint.ApiToken(app.Services));
        foreach (var (segment, appId) in Routes)
            Map(segment, appId);
        Map($"openapi/{DaprNames.UserService}.json", DaprNames.UserService);
        Map($"openapi/{DaprNames.MessageService}.json", DaprNames.MessageService);
        app.MapFallback(() => new Refusal(ErrorCodes.NotFound, "There is nothing here.").ToProblem());

        void Map(string path, string appId)
        {
            var transformer = new InvocationTransformer(appId, token);
            app.Map($"/api/{path}/{{**rest}}", context => ForwardAsync(context, forwarder, sidecar, http, transformer));
        }
    }

    private static async Task ForwardAsync(
        HttpContext context, IHttpForwarder forwarder, string sidecar, HttpMessageInvoker http, InvocationTransformer transformer)
    {
        var error = await forwarder.SendAsync(context, sidecar, http, Config, transformer);
        if (error != ForwarderError.None && !context.Response.HasStarted && !context.RequestAborted.IsCancellationRequested)
        {
            context.Response.Clear();
            await new Refusal(ErrorCodes.Unavailable, "A part of the system is away; the same call may be repeated.").ToProblem().ExecuteAsync(context);
        }
    }
}
