using Microsoft.Extensions.Primitives;

namespace ImDapr.LocalDapr.Actors;

/// <summary>The actor routes of a sidecar's HTTP API, as daprd answers them.</summary>
public static class ActorApi
{
    private const string Actor = "/v1.0/actors/{type}/{id}";

    public static void MapActors(this IEndpointRouteBuilder routes, ActorRuntime runtime)
    {
        routes.MapMethods($"{Actor}/method/{{name}}", ["PUT", "POST", "GET", "DELETE"], Handle(runtime, InvokeAsync));
        routes.MapMethods($"{Actor}/state/{{name}}", ["GET"], Handle(runtime, GetStateAsync));
        routes.MapMethods($"{Actor}/state", ["PUT", "POST"], Handle(runtime, SaveStateAsync));
        routes.MapMethods($"{Actor}/timers/{{name}}", ["PUT", "POST"], Handle(runtime, CreateTimerAsync));
        routes.MapMethods($"{Actor}/timers/{{name}}", ["DELETE"], Handle(runtime, DeleteTimerAsync));
        routes.MapMethods($"{Actor}/reminders/{{name}}", ["PUT", "POST"], Handle(runtime, CreateReminderAsync));
        routes.MapMethods($"{Actor}/reminders/{{name}}", ["GET"], Handle(runtime, GetReminderAsync));
        routes.MapMethods($"{Actor}/reminders/{{name}}", ["DELETE"], Handle(runtime, DeleteReminderAsync));
    }

    private delegate Task ActorHandler(ActorRuntime runtime, HttpContext context);

    private static RequestDelegate Handle(ActorRuntime runtime, ActorHandler handler) => async context =>
    {
        try
        {
            await handler(runtime, context);
        }
        catch (ActorApiException e)
        {
            await ActorJson.WriteErrorAsync(context, e);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // Nobody is there to answer; the code is what nginx logs for it.
            context.Response.StatusCode = StatusCodes.Status499ClientClosedRequest;
        }
    };

    private static async Task InvokeAsync(ActorRuntime runtime, HttpContext context)
    {
        var (type, id, request) = (ActorRequest.Type(context), ActorRequest.Id(context), context.Request);
        ActorRequest.Validate(type, "actorType");
        ActorRequest.Validate(id, "actorId");
        var method = ActorRequest.Name(context);
        if (method.AsSpan().IndexOfAny("#?\0") >= 0 || method.Any(char.IsControl))
            throw ActorApiException.BadRequest($"method contains forbidden character: \"{method}\"");

        var call = new ActorCall(type, id, method, await ActorRequest.BodyAsync(context))
        {
            ContentType = request.ContentType,
            Query = request.QueryString.Value ?? "",
            Headers = request.Headers,
            CallerAppId = runtime.AppId,
            ChainId = request.Headers.TryGetValue(ForwardedHeaders.Reentrancy, out var chain) ? (string?)chain : null
        };
        using var reply = await runtime.InvokeAsync(call, context.RequestAborted);
        await WriteAsync(reply, context.Response, context.RequestAborted);
    }

    private static async Task WriteAsync(ActorReply reply, HttpResponse response, CancellationToken cancellationToken)
    {
        ForwardedHeaders.CopyToCaller(reply, response.Headers);
        response.StatusCode = reply.Status;
        response.ContentType = reply.ContentType is { Length: > 0 } type ? type : "application/json";
        response.ContentLength = reply.Body.Length;
        await response.BodyWriter.WriteAsync(reply.Body, cancellationToken);
    }

    private static async Task GetStateAsync(ActorRuntime runtime, HttpContext context)
    {
        var type = ActorRequest.OwnType(context);
        var entry = await runtime.State.GetAsync(type, ActorRequest.Id(context), ActorRequest.Name(context), context.RequestAborted);
        if (entry is null || entry.Value.Length == 0)
        {
            context.Response.StatusCode = StatusCodes.Status204NoContent;
            return;
        }

        foreach (var (name, value) in entry.Metadata ?? new Dictionary<string, string>())
            context.Response.Headers[$"metadata.{name}"] = new StringValues(value);

        context.Response.ContentType = "application/json";
        context.Response.ContentLength = entry.Value.Length;
        await context.Response.BodyWriter.WriteAsync(entry.Value, context.RequestAborted);
    }

    private static async Task SaveStateAsync(ActorRuntime runtime, HttpContext context)
    {
        var type = ActorRequest.OwnType(context);
        var body = await ActorRequest.BodyAsync(context);
        await runtime.State.TransactAsync(type, ActorRequest.Id(context), body, context.RequestAborted);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private static Task CreateTimerAsync(ActorRuntime runtime, HttpContext context) => CreateAsync(context, ActorJson.ReadTimer, runtime.Timers.Create);

    private static Task DeleteTimerAsync(ActorRuntime runtime, HttpContext context)
    {
        runtime.Timers.Delete(ActorRequest.OwnType(context), ActorRequest.Id(context), ActorRequest.Name(context));
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }

    private static Task CreateReminderAsync(ActorRuntime runtime, HttpContext context) =>
        CreateAsync(context, ActorJson.ReadReminder, runtime.Reminders.Create);

    private static async Task CreateAsync<T>(HttpContext context, Func<ReadOnlyMemory<byte>, T> read, Action<string, string, string, T> create)
    {
        var type = ActorRequest.OwnType(context);
        var request = read(await ActorRequest.BodyAsync(context));
        var name = ActorRequest.Name(context);
        ActorRequest.Validate(name);
        create(type, ActorRequest.Id(context), name, request);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private static Task GetReminderAsync(ActorRuntime runtime, HttpContext context)
    {
        var reminder = runtime.Reminders.Get(ActorRequest.OwnType(context), ActorRequest.Id(context), ActorRequest.Name(context));
        return ActorJson.WriteReminderAsync(context, reminder);
    }

    private static Task DeleteReminderAsync(ActorRuntime runtime, HttpContext context)
    {
        runtime.Reminders.Delete(ActorRequest.OwnType(context), ActorRequest.Id(context), ActorRequest.Name(context));
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }
}
