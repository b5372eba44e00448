using System.Text;
using ImDapr.LocalDapr.Invocation;
using ImDapr.LocalDapr.Policies;

namespace ImDapr.LocalDapr.Actors;

/// <summary>Calls the actor routes of one app instance and reads its answers the way daprd does.</summary>
public sealed class ActorTransport(AppChannel app, Resiliency resiliency, TimeProvider time)
{
    private const string CancelHeader = "X-DaprReminderCancel";
    private const string ErrorHeader = "X-DaprErrorResponseHeader";

    /// <returns>A reply with status 200, nothing else.</returns>
    /// <exception cref="ActorApiException">The app refused, failed or cannot be reached: for good, it is not tried again.</exception>
    public async ValueTask<ActorReply> InvokeAsync(ActorCall call, string? chainId, CancellationToken cancellationToken)
    {
        using var request = Request(call, chainId);
        var reply = resiliency.ActorTimeout(call.Type) is { } limit
            ? await SendAsync(request, limit, cancellationToken)
            : await SendAsync(request, cancellationToken);
        try
        {
            Check(call, reply);
            return reply;
        }
        catch
        {
            reply.Dispose();
            throw;
        }
    }

    /// <exception cref="HttpRequestException">The app cannot be reached.</exception>
    /// <returns>What was wrong with the answer; null when the app deactivated the actor.</returns>
    public async Task<string?> DeactivateAsync(string type, string id, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Delete, new Uri($"/actors/{Escape(type)}/{Escape(id)}", UriKind.Relative));
        using var response = await app.SendAsync(request, cancellationToken);
        using var reply = await ActorReply.ReadAsync(response, cancellationToken);
        return reply.Status == 200 ? null : Describe(reply);
    }

    private static HttpRequestMessage Request(ActorCall call, string? chainId)
    {
        var path = $"/actors/{Escape(call.Type)}/{Escape(call.Id)}/method/{EscapePath(call.Method)}{call.Query}";
        var content = new ReadOnlyMemoryContent(call.Body);
        var request = new HttpRequestMessage(HttpMethod.Put, new Uri(path, UriKind.Relative)) { Content = content };
        if (call.ContentType is not null)
            content.Headers.TryAddWithoutValidation("Content-Type", call.ContentType);

        if (call.Headers is not null)
            ForwardedHeaders.CopyToApp(call.Headers, request);

        request.Headers.TryAddWithoutValidation("Dapr-API-Call", "true");
        request.Headers.TryAddWithoutValidation("dapr-caller-app-id", call.CallerAppId);
        if (chainId is not null)
            request.Headers.TryAddWithoutValidation(ForwardedHeaders.Reentrancy, chainId);

        return request;
    }

    private async ValueTask<ActorReply> SendAsync(HttpRequestMessage request, TimeSpan limit, CancellationToken cancellationToken)
    {
        ActorReply? reply = null;
        try
        {
            await new ResiliencyPolicy(null, limit).RunAsync(async token => reply = await SendAsync(request, token), _ => true, time, cancellationToken);
        }
        catch (TimeoutException e)
        {
            throw ActorApiException.Invoke(e.Message, e);
        }

        return reply!;
    }

    private async ValueTask<ActorReply> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            var response = await app.SendAsync(request, cancellationToken);
            return await ActorReply.ReadAsync(response, cancellationToken);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            // Its sidecar is there, so the actor was found: for daprd that is an error like any other, until the sidecar goes too.
            throw ActorApiException.Invoke(e.Message, e);
        }
    }

    // 200 alone is success. An actor's own exception is a 200 too, marked by a header, and passes through unchanged.
    private static void Check(ActorCall call, ActorReply reply)
    {
        if (reply.Status == 404)
            throw ActorApiException.Invoke($"actor method not found: actors/{call.Type}/{call.Id}/method/{call.Method}");

        if (reply.Status != 200)
            throw ActorApiException.Invoke(Describe(reply));

        if (reply.Find(CancelHeader) is "true" or "True" or "TRUE" or "y" or "yes" or "t" or "on" or "1" && reply.Find(ErrorHeader) is null)
            throw new ActorReminderCancelledException();
    }

    public static bool IsActorError(ActorReply reply) => reply.Headers.Contains(ErrorHeader);

    private static string Describe(ActorReply reply) => $"error from actor service: ({reply.Status}) {Encoding.UTF8.GetString(reply.Body.Span)}";

    private static string Escape(string segment) => Uri.EscapeDataString(segment);

    private static string EscapePath(string path) => path.Contains('/') ? string.Join('/', path.Split('/').Select(Escape)) : Escape(path);
}

/// <summary>The app answered that it wants no more of this reminder.</summary>
public sealed class ActorReminderCancelledException() : Exception("reminder has been canceled");
