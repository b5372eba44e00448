using System.Net;
using ImDapr.Contracts;
using ImDapr.ServiceDefaults.Hosting;
using Yarp.ReverseProxy.Forwarder;

namespace ImDapr.ConnectionService.Edge;

/// <summary>Turns a public request into a service invocation, and the sidecar's own failure into our refusal.</summary>
internal sealed class InvocationTransformer(string appId, string? sidecarToken) : HttpTransformer
{
    public override async ValueTask TransformRequestAsync(
        HttpContext httpContext, HttpRequestMessage proxyRequest, string destinationPrefix, CancellationToken cancellationToken)
    {
        await base.TransformRequestAsync(httpContext, proxyRequest, destinationPrefix, cancellationToken);
        // The path as Kestrel has normalised it: dot segments are resolved, so it cannot leave /api.
        var path = httpContext.Request.Path.ToUriComponent() + httpContext.Request.QueryString.ToUriComponent();
        proxyRequest.RequestUri = new Uri($"{destinationPrefix}/v1.0/invoke/{appId}/method{path}");
        proxyRequest.Headers.Host = null;
        // Between sidecar and app only: a client must not pass itself off as one.
        proxyRequest.Headers.Remove("dapr-api-token");
        proxyRequest.Headers.Remove("dapr-app-id");
        if (!string.IsNullOrEmpty(sidecarToken))
            proxyRequest.Headers.TryAddWithoutValidation("dapr-api-token", sidecarToken);
    }

    public override async ValueTask<bool> TransformResponseAsync(HttpContext httpContext, HttpResponseMessage? proxyResponse, CancellationToken cancellationToken)
    {
        if (proxyResponse?.StatusCode == HttpStatusCode.InternalServerError && await IsInvocationFailureAsync(proxyResponse, cancellationToken))
        {
            await new Refusal(ErrorCodes.Unavailable, "A part of the system is away; the same call may be repeated.").ToProblem().ExecuteAsync(httpContext);
            return false;
        }
        return await base.TransformResponseAsync(httpContext, proxyResponse, cancellationToken);
    }

    private static async Task<bool> IsInvocationFailureAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        await response.Content.LoadIntoBufferAsync(cancellationToken);
        return (await response.Content.ReadAsStringAsync(cancellationToken)).Contains("ERR_DIRECT_INVOKE", StringComparison.Ordinal);
    }
}
