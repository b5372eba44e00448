using System.Net;
using ImDapr.Contracts;
using ImDapr.ServiceDefaults.Hosting;
using Yarp.ReverseProxy.Forwarder;

namespace ImDapr.ConnectionService.Edge;

/// <summary>Turns a public request into a service invocation of the sidecar, and the sidecar's own errors into ours.</summary>
/// <param name="refused">Told of such an error: its status and text.</param>
internal sealed class EdgeTransformer(EdgeTarget target, string? apiToken, Action<int, string> refused) : HttpTransformer
{
    private const string ApiToken = "dapr-api-token";

    // Ours are written by the client that forwards; an outsider's would decide what is sampled inside. Nor are outsiders told ours.
    private static readonly string[] TraceHeaders = ["traceparent", "tracestate", "baggage", "grpc-trace-bin", "request-id", "correlation-context"];

    public static readonly Refusal Away = new(ErrorCodes.Unavailable, "The service that answers this is away; the same call may be repeated.");

    public override async ValueTask TransformRequestAsync(
        HttpContext context, HttpRequestMessage request, string destinationPrefix, CancellationToken cancellationToken)
    {
        await base.TransformRequestAsync(context, request, destinationPrefix, cancellationToken);
        request.RequestUri = new Uri($"{destinationPrefix}/v1.0/invoke/{target.AppId}/method{target.Path}{context.Request.QueryString.ToUriComponent()}");
        request.Headers.Host = null;
        // What outsiders say about themselves to Dapr or to a proxy is not believed further inside.
        foreach (var name in request.Headers.Select(header => header.Key).Where(IsReserved).ToArray())
            request.Headers.Remove(name);
        request.Headers.TryAddWithoutValidation("X-Forwarded-For", context.Connection.RemoteIpAddress?.ToString());
        if (apiToken is { Length: > 0 })
            request.Headers.TryAddWithoutValidation(ApiToken, apiToken);
    }

    public override async ValueTask<bool> TransformResponseAsync(HttpContext context, HttpResponseMessage? response, CancellationToken cancellationToken)
    {
        if (response is not null && IsOfSidecar(response))
        {
            refused((int)response.StatusCode, await response.Content.ReadAsStringAsync(cancellationToken));
            await Away.ToProblem().ExecuteAsync(context);
            return false;
        }
        var isAnswered = await base.TransformResponseAsync(context, response, cancellationToken);
        foreach (var header in TraceHeaders)
            context.Response.Headers.Remove(header);
        return isAnswered;
    }

    private static bool IsReserved(string header) =>
        header.StartsWith("dapr-", StringComparison.OrdinalIgnoreCase) || header.StartsWith("X-Forwarded-", StringComparison.OrdinalIgnoreCase)
        || header.Equals("Forwarded", StringComparison.OrdinalIgnoreCase) || TraceHeaders.Contains(header, StringComparer.OrdinalIgnoreCase);

    // A service that is away is a plain JSON error of the sidecar; our services answer errors with problem details.
    private static bool IsOfSidecar(HttpResponseMessage response) =>
        response.StatusCode >= HttpStatusCode.InternalServerError && response.Content.Headers.ContentType?.MediaType == "application/json";
}
