using System.Net;
using ImDapr.LocalDapr.Api;
using Microsoft.Extensions.Primitives;

namespace ImDapr.LocalDapr.Invocation;

/// <summary>Service invocation: the request goes to an instance of the app as it came, and the answer back (dapr-contract 6).</summary>
public sealed class InvocationForwarder(InvocationRouter router, string callerAppId, TimeProvider time)
{
    private const int Retries = 3;
    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(1);

    private static readonly HashSet<string> HopByHop = new(StringComparer.OrdinalIgnoreCase)
    {
        "Connection", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization", "Proxy-Connection", "TE", "Trailer", "Transfer-Encoding", "Upgrade",
        "Host", "dapr-app-id", "dapr-api-token",
    };

    /// <param name="context">The call to answer.</param>
    /// <param name="appId">App to call.</param>
    /// <param name="path">Path on the app with its query, without a leading slash.</param>
    public async Task ForwardAsync(HttpContext context, string appId, string path)
    {
        for (var retry = 0; ; retry++)
        {
            var app = router.Next(appId) ?? throw Failed(appId, "failed to resolve address: no instance is running", null);
            try
            {
                using var request = Request(context, app, path);
                using var response = await app.SendAsync(request, context.RequestAborted);
                await CopyAsync(response, context);
                return;
            }
            catch (HttpRequestException exception) when (!context.Response.HasStarted)
            {
                // Only what has not left may be sent again: a body is a stream that was read.
                if (exception.HttpRequestError != HttpRequestError.ConnectionError || retry >= Retries)
                    throw Failed(appId, exception.Message, exception);
                await Task.Delay(RetryDelay, time, context.RequestAborted);
            }
        }
    }

    private HttpRequestMessage Request(HttpContext context, AppChannel app, string path)
    {
        var request = new HttpRequestMessage(HttpMethod.Parse(context.Request.Method), new Uri(app.BaseAddress, path)) { Version = HttpVersion.Version11 };
        if (context.Request.ContentLength is > 0 || context.Request.Headers.TransferEncoding.Count > 0)
            request.Content = new StreamContent(context.Request.Body);
        foreach (var (name, values) in context.Request.Headers)
        {
            if (!HopByHop.Contains(name) && !request.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values))
                request.Content?.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values);
        }
        request.Headers.TryAddWithoutValidation("dapr-caller-app-id", callerAppId);
        request.Headers.TryAddWithoutValidation("dapr-callee-app-id", app.AppId);
        return request;
    }

    private static async Task CopyAsync(HttpResponseMessage response, HttpContext context)
    {
        context.Response.StatusCode = (int)response.StatusCode;
        foreach (var (name, values) in response.Headers.NonValidated)
            SetHeader(context, name, values.ToString());
        foreach (var (name, values) in response.Content.Headers.NonValidated)
            SetHeader(context, name, values.ToString());
        await response.Content.CopyToAsync(context.Response.Body, context.RequestAborted);
    }

    private static void SetHeader(HttpContext context, string name, StringValues value)
    {
        if (!HopByHop.Contains(name))
            context.Response.Headers[name] = value;
    }

    private static DaprError Failed(string appId, string why, Exception? inner) =>
        new(Grpc.Core.StatusCode.Internal, 500, "ERR_DIRECT_INVOKE", $"failed to invoke, id: {appId}, err: {why}", inner);
}
