using System.Net;
using ImDapr.LocalDapr.Api;
using ImDapr.LocalDapr.Policies;
using Microsoft.Extensions.Primitives;

namespace ImDapr.LocalDapr.Invocation;

/// <summary>Service invocation: the request goes to an instance of the app as it came, and the answer back (dapr-contract 6).</summary>
/// <param name="own">The app beside this sidecar: when it calls itself, it is called and no other instance.</param>
public sealed class InvocationForwarder(InvocationRouter router, AppChannel own, Resiliency resiliency, TimeProvider time) : IDisposable
{
    private const int PartBytes = 4096;
    private const int MostUnflushedBytes = 64 * 1024;

    // daprd's namespace where none is set.
    private static readonly string Namespace = Environment.GetEnvironmentVariable("NAMESPACE") is { Length: > 0 } space ? space : "default";

    private static readonly HashSet<string> HopByHop = new(StringComparer.OrdinalIgnoreCase)
    {
        "Connection", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization", "Proxy-Connection", "TE", "Trailer", "Transfer-Encoding", "Upgrade",
    };

    // Set anew for the callee: what a client says of them is not believed.
    private static readonly HashSet<string> NotOfTheClient = new(StringComparer.OrdinalIgnoreCase)
    {
        "Host", "Content-Length", "dapr-app-id", "dapr-api-token", "dapr-caller-app-id", "dapr-callee-app-id", "dapr-caller-namespace",
    };

    private readonly HttpMessageInvoker _outside = AppChannel.CreateInvoker();

    /// <summary>Answers a call that no other route of the API took.</summary>
    public Task HandleAsync(HttpContext context)
    {
        var target = InvocationTarget.Find(context) ?? throw new DaprError(
            Grpc.Core.StatusCode.NotFound, 404, "ERR_DIRECT_INVOKE", "failed getting app id either from the URL path or the header dapr-app-id");
        if (target.Method.AsSpan().IndexOfAny("#?\0") >= 0 || target.Method.Any(char.IsControl))
            throw Failed(target.AppId, $"rpc error: code = InvalidArgument desc = invalid method: name contains forbidden character: \"{target.Method}\"", null);
        return ForwardAsync(context, target);
    }

    public void Dispose() => _outside.Dispose();

    private async Task ForwardAsync(HttpContext context, InvocationTarget target)
    {
        var policy = resiliency.ForApp(target.AppId, $"{target.AppId}:{target.Method}");
        var call = await CallAsync(context, target);
        try
        {
            await policy.RunAsync(
                token => SendAsync(call, policy != ResiliencyPolicy.None, token), _ => call.IsStreaming || context.Response.HasStarted, time, context.RequestAborted);
        }
        catch (AnswerException answer)
        {
            if (!context.Response.HasStarted)
                await answer.WriteAsync(context);
        }
        catch (Exception exception) when (exception is HttpRequestException or TimeoutException or CircuitOpenException && !context.Response.HasStarted)
        {
            throw Failed(target.AppId, exception.Message, exception);
        }
    }

    // A body of known length is kept, so that it can be sent again; one that streams is sent once.
    private static async Task<Call> CallAsync(HttpContext context, InvocationTarget target)
    {
        var isStreaming = context.Request.Headers.TransferEncoding.Count > 0;
        if (isStreaming || context.Request.ContentLength is null or 0)
            return new Call(context, target, isStreaming, null);
        try
        {
            return new Call(context, target, false, await HttpRequestReader.BytesAsync(context));
        }
        catch (BadHttpRequestException exception)
        {
            throw Failed(target.AppId, exception.Message, exception);
        }
    }

    private async Task SendAsync(Call call, bool isWatched, CancellationToken cancellationToken)
    {
        using var response = await ReachAsync(call, cancellationToken);
        var failed = (int)response.StatusCode is < 200 or > 399;
        if (failed && isWatched && !call.IsStreaming)
            throw await AnswerException.ReadAsync(response, cancellationToken);
        await CopyAsync(response, call.Context, cancellationToken);
        if (failed && isWatched)
            throw new AnswerException(response, []); // told already; a circuit breaker counts it
    }

    // daprd's built-in retries are for a sidecar that cannot be reached, which does not happen within one process. For an app that cannot be reached by
    // its sidecar there are none: the caller is told at once.
    private async Task<HttpResponseMessage> ReachAsync(Call call, CancellationToken cancellationToken)
    {
        var path = string.Join('/', call.Target.Method.Split('/').Select(Uri.EscapeDataString)) + call.Context.Request.QueryString.Value;
        if (call.Target.IsUrl)
        {
            var outside = Request(call, new Uri($"{call.Target.AppId.TrimEnd('/')}/{path}"), call.Target.AppId);
            return await _outside.SendAsync(outside, cancellationToken);
        }
        if (call.Target.AppId.Split('.').Length > 2)
            throw Failed(call.Target.AppId, $"invalid app id {call.Target.AppId}", null);
        // The part behind a dot is a namespace, of which there is one here.
        var appId = call.Target.AppId.Split('.')[0];
        var app = appId == own.AppId ? own : router.Next(appId) ?? throw Failed(call.Target.AppId, "failed to resolve address: no instance is running", null);
        var request = Request(call, new Uri(app.BaseAddress, path), appId);
        return await app.SendAsync(request, cancellationToken);
    }

    private HttpRequestMessage Request(Call call, Uri address, string callee)
    {
        var incoming = call.Context.Request;
        var request = new HttpRequestMessage(HttpMethod.Parse(incoming.Method), address) { Version = HttpVersion.Version11 };
        if (call.IsStreaming)
            request.Content = new StreamContent(incoming.Body);
        else if (call.Body is { } body)
            request.Content = new ByteArrayContent(body);
        var nominated = incoming.Headers.Connection.ToString();
        foreach (var (name, values) in incoming.Headers)
        {
            // A header that Connection names is of this hop too (RFC 9110, 7.6.1).
            if (!HopByHop.Contains(name) && !NotOfTheClient.Contains(name) && !IsNominated(nominated, name) && !request.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values))
                request.Content?.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values);
        }
        if (!call.Target.IsUrl && callee != own.AppId)
            Introduce(request, callee);
        return request;
    }

    private static bool IsNominated(string connection, string name) =>
        connection.Length > 0 && connection.Split(',', StringSplitOptions.TrimEntries).Contains(name, StringComparer.OrdinalIgnoreCase);

    // Only another app is told who calls; neither the app beside this sidecar, nor anybody outside.
    private void Introduce(HttpRequestMessage request, string callee)
    {
        var host = Environment.MachineName;
        request.Headers.TryAddWithoutValidation("dapr-caller-app-id", own.AppId);
        request.Headers.TryAddWithoutValidation("dapr-caller-namespace", Namespace);
        request.Headers.TryAddWithoutValidation("dapr-callee-app-id", callee);
        request.Headers.TryAddWithoutValidation("X-Forwarded-For", "127.0.0.1");
        request.Headers.TryAddWithoutValidation("X-Forwarded-Host", host);
        request.Headers.TryAddWithoutValidation("Forwarded", $"for=127.0.0.1;by=127.0.0.1;host={host}");
    }

    private static async Task CopyAsync(HttpResponseMessage response, HttpContext context, CancellationToken cancellationToken)
    {
        CopyHeaders(response, context);
        // An answer whose length is known ends soon: its parts wait for each other. One that streams goes on part by part, as it comes.
        var isStreaming = response.Content.Headers.ContentLength is null;
        using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
        var writer = context.Response.BodyWriter;
        int read;
        while ((read = await body.ReadAsync(writer.GetMemory(PartBytes), cancellationToken)) > 0)
        {
            writer.Advance(read);
            if (isStreaming || writer.UnflushedBytes >= MostUnflushedBytes)
                await writer.FlushAsync(cancellationToken);
        }
    }

    private static void CopyHeaders(HttpResponseMessage response, HttpContext context)
    {
        context.Response.StatusCode = (int)response.StatusCode;
        foreach (var (name, values) in response.Headers.NonValidated.Concat(response.Content.Headers.NonValidated))
        {
            // The length is not passed on: daprd answers in chunks.
            if (!HopByHop.Contains(name) && !name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase))
                context.Response.Headers[name] = new StringValues([.. values]);
        }
    }

    private static DaprError Failed(string appId, string why, Exception? inner) =>
        new(Grpc.Core.StatusCode.Internal, 500, "ERR_DIRECT_INVOKE", $"failed to invoke, id: {appId}, err: {why}", inner);

    private sealed record Call(HttpContext Context, InvocationTarget Target, bool IsStreaming, byte[]? Body);

    /// <summary>An answer that a policy counts as a failure.</summary>
    private sealed class AnswerException(HttpResponseMessage response, byte[] body) : Exception($"received non-successful status code in response: {(int)response.StatusCode}"), IStatusError
    {
        public int StatusCode => (int)response.StatusCode;

        public static async Task<AnswerException> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken) =>
            new(response, await response.Content.ReadAsByteArrayAsync(cancellationToken));

        public async Task WriteAsync(HttpContext context)
        {
            CopyHeaders(response, context);
            await context.Response.BodyWriter.WriteAsync(body, context.RequestAborted);
        }
    }
}
