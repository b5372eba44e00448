using System.Net;
using System.Text.Json;

namespace ImDapr.LocalDapr.Actors;

/// <summary>Dapr's HTTP actor API of one sidecar (dapr-contract 1.5, 5.3).</summary>
public static class ActorsApi
{
    private const string ErrorHeader = "X-DaprErrorResponseHeader";
    private const string ReentrancyHeader = "Dapr-Reentrancy-Id";

    public static void MapActors(this IEndpointRouteBuilder routes, ActorRuntime runtime)
    {
        var actor = routes.MapGroup("/v1.0/actors/{type}/{id}");
        actor.MapMethods("/method/{method}", ["PUT", "POST", "GET", "DELETE"], (HttpContext context, string type, string id, string method) =>
            InvokeAsync(context, runtime, new ActorKey(type, id), method));
        actor.MapGet("/state/{key}", (HttpContext context, string type, string id, string key) => GetStateAsync(context, runtime, new ActorKey(type, id), key));
        actor.MapMethods("/state", ["PUT", "POST"], async (HttpContext context, string type, string id) =>
        {
            using var body = await JsonAsync(context);
            await runtime.State.TransactAsync(new ActorKey(type, id), body.RootElement, context.RequestAborted);
            return Results.NoContent();
        });
        MapTimers(actor, runtime);
        MapReminders(actor, runtime);
    }

    private static void MapTimers(RouteGroupBuilder actor, ActorRuntime runtime)
    {
        actor.MapMethods("/timers/{name}", ["PUT", "POST"], async (HttpContext context, string type, string id, string name) =>
        {
            using var body = await JsonAsync(context);
            runtime.Timers.Register(new ActorKey(type, id), name, body.RootElement.Clone());
            return Results.NoContent();
        });
        actor.MapDelete("/timers/{name}", (string type, string id, string name) =>
        {
            runtime.Timers.Unregister(new ActorKey(type, id), name);
            return Results.NoContent();
        });
    }

    private static void MapReminders(RouteGroupBuilder actor, ActorRuntime runtime)
    {
        actor.MapMethods("/reminders/{name}", ["PUT", "POST"], async (HttpContext context, string type, string id, string name) =>
        {
            using var body = await JsonAsync(context);
            await Reminders(runtime, type).RegisterAsync(new ActorKey(type, id), name, body.RootElement, context.RequestAborted);
            return Results.NoContent();
        });
        actor.MapDelete("/reminders/{name}", async (HttpContext context, string type, string id, string name) =>
        {
            await Reminders(runtime, type).UnregisterAsync(new ActorKey(type, id), name, context.RequestAborted);
            return Results.NoContent();
        });
        actor.MapGet("/reminders/{name}", (string type, string id, string name) =>
            Results.Json(Reminders(runtime, type).Find(new ActorKey(type, id), name) ?? throw ActorErrors.ReminderMissing()));
    }

    private static ReminderStore Reminders(ActorRuntime runtime, string type) =>
        runtime.Hosts(type) ? runtime.Reminders : throw ActorErrors.ReminderNotHosted();

    private static async Task InvokeAsync(HttpContext context, ActorRuntime runtime, ActorKey actor, string method)
    {
        var body = await BodyAsync(context);
        var chain = context.Request.Headers[ReentrancyHeader].ToString();
        await runtime.InvokeAsync(
            actor, () => Request(context, actor, method, body), chain.Length == 0 ? null : chain, response => AnswerAsync(response, context), context.RequestAborted);
    }

    private static HttpRequestMessage Request(HttpContext context, ActorKey actor, string method, byte[] body)
    {
        var path = $"actors/{actor.Type}/{Uri.EscapeDataString(actor.Id)}/method/{Uri.EscapeDataString(method)}{context.Request.QueryString}";
        var request = new HttpRequestMessage(HttpMethod.Put, path) { Content = new ByteArrayContent(body) };
        foreach (var (name, values) in context.Request.Headers)
        {
            if (IsForwarded(name) && !request.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values))
                request.Content.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values);
        }
        return request;
    }

    private static bool IsForwarded(string name) =>
        !name.Equals("Host", StringComparison.OrdinalIgnoreCase) && !name.Equals("Connection", StringComparison.OrdinalIgnoreCase)
        && !name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase) && !name.Equals("Transfer-Encoding", StringComparison.OrdinalIgnoreCase)
        && !name.Equals("dapr-api-token", StringComparison.OrdinalIgnoreCase);

    /// <summary>200 is passed through, with or without the header of an actor's exception; everything else, 204 included, is an error.</summary>
    private static async Task AnswerAsync(HttpResponseMessage response, HttpContext context)
    {
        if (response.StatusCode != HttpStatusCode.OK && !response.Headers.Contains(ErrorHeader))
            throw ActorErrors.Invoke($"error from actor service: ({(int)response.StatusCode}) {await response.Content.ReadAsStringAsync(context.RequestAborted)}");
        context.Response.StatusCode = (int)response.StatusCode;
        foreach (var (name, values) in response.Headers.NonValidated)
        {
            if (name.StartsWith("X-Dapr", StringComparison.OrdinalIgnoreCase))
                context.Response.Headers[name] = values.ToString();
        }
        context.Response.ContentType = response.Content.Headers.ContentType?.ToString();
        context.Response.ContentLength = response.Content.Headers.ContentLength;
        await response.Content.CopyToAsync(context.Response.Body, context.RequestAborted);
    }

    private static async Task<IResult> GetStateAsync(HttpContext context, ActorRuntime runtime, ActorKey actor, string key)
    {
        var entry = await runtime.State.GetAsync(actor, key, context.RequestAborted);
        if (entry is null || entry.Value.Length == 0)
            return Results.NoContent();
        if (entry.Metadata?.TryGetValue("ttlExpireTime", out var expires) == true)
            context.Response.Headers["metadata.ttlExpireTime"] = expires;
        return Results.Bytes(entry.Value, "application/json");
    }

    private static async Task<JsonDocument> JsonAsync(HttpContext context)
    {
        try
        {
            return await JsonDocument.ParseAsync(context.Request.Body, cancellationToken: context.RequestAborted);
        }
        catch (JsonException exception)
        {
            throw ActorErrors.Malformed(exception.Message, exception);
        }
    }

    // Kept whole: a call to an actor that moves is made again.
    private static async Task<byte[]> BodyAsync(HttpContext context)
    {
        if (context.Request.ContentLength is 0)
            return [];
        using var buffer = new MemoryStream((int)(context.Request.ContentLength ?? 0));
        await context.Request.Body.CopyToAsync(buffer, context.RequestAborted);
        return buffer.ToArray();
    }
}
