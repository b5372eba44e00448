using System.Text;

namespace ImDapr.LocalDapr.Api;

/// <summary>What every call of a sidecar's APIs passes: the API token, the trace, clean paths, and errors in daprd's words.</summary>
/// <param name="apiToken">What callers must know; null: nothing.</param>
internal sealed class ApiGate(string? apiToken)
{
    private const string TokenHeader = "dapr-api-token";
    private const string HealthPath = "/v1.0/healthz";

    public async Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        var isGrpc = context.Request.ContentType?.StartsWith("application/grpc", StringComparison.Ordinal) ?? false;
        CleanPath(context.Request);
        if (apiToken is not null && context.Request.Headers[TokenHeader] != apiToken && !IsHealth(context.Request))
        {
            await RefuseAsync(context, isGrpc);
            return;
        }
        if (!context.Request.Path.Value!.Contains("/healthz", StringComparison.Ordinal))
            Trace(context, isGrpc);
        if (isGrpc)
            await next(context);
        else
            await AnswerAsync(context, next);
    }

    private static bool IsHealth(HttpRequest request) =>
        HttpMethods.IsGet(request.Method) && request.Path.Value is HealthPath or $"{HealthPath}/outbound";

    // A path of "//state" or a slash at the end is the caller's slip, which daprd forgives. Invocation paths are the app's own business.
    private static void CleanPath(HttpRequest request)
    {
        var path = request.Path.Value!;
        if (!path.Contains("//") && !(path.Length > 1 && path[^1] == '/') || path.StartsWith("/v1.0/invoke/", StringComparison.Ordinal) || request.Headers.ContainsKey("dapr-app-id"))
            return;
        var clean = new StringBuilder(path.Length);
        foreach (var part in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
            clean.Append('/').Append(part);
        request.Path = clean.Length == 0 ? "/" : clean.ToString();
    }

    private Task RefuseAsync(HttpContext context, bool isGrpc)
    {
        if (!isGrpc)
        {
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            context.Response.ContentType = "text/plain; charset=utf-8";
            return context.Response.WriteAsync("invalid api token\n");
        }
        // An answer of trailers alone, as gRPC refuses before a call begins.
        var why = context.Request.Headers.ContainsKey(TokenHeader) ? "authentication error: api token mismatch" : "missing api token in request metadata";
        context.Response.ContentType = "application/grpc";
        context.Response.Headers["grpc-status"] = "16";
        context.Response.Headers["grpc-message"] = why;
        return Task.CompletedTask;
    }

    // From here on the caller's span is ours: whoever passes headers on passes this hop's.
    private static void Trace(HttpContext context, bool isGrpc)
    {
        var headers = context.Request.Headers;
        var parent = headers.TraceParent.ToString();
        if (isGrpc && parent.Length == 0)
            parent = TraceContext.FromBinary(headers["grpc-trace-bin"]);
        var child = TraceContext.Child(parent);
        headers.TraceParent = child;
        headers.Remove(TokenHeader);
        if (!isGrpc)
            context.Response.Headers.TraceParent = child;
    }

    private static async Task AnswerAsync(HttpContext context, RequestDelegate next)
    {
        try
        {
            await next(context);
        }
        catch (Exception exception) when (!context.Response.HasStarted && !context.RequestAborted.IsCancellationRequested)
        {
            await WriteAsync(context, exception);
        }
    }

    private static Task WriteAsync(HttpContext context, Exception exception)
    {
        var error = exception switch
        {
            DaprError known => known,
            BadHttpRequestException bad => new DaprError(Grpc.Core.StatusCode.InvalidArgument, 400, "ERR_MALFORMED_REQUEST", bad.Message),
            _ => new DaprError(Grpc.Core.StatusCode.Internal, 500, "ERR_INTERNAL", exception.Message),
        };
        context.Response.StatusCode = error.Http;
        return context.Response.WriteAsJsonAsync(error.ToBody(), context.RequestAborted);
    }
}
