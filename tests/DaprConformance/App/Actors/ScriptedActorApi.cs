using System.Globalization;
using System.Net.Http.Headers;
using ImDapr.DaprConformanceApp.Recording;

namespace ImDapr.DaprConformanceApp.Actors;

/// <summary>Actors as a sidecar sees them, without an SDK between: what comes in is recorded, what goes out is what the method's name says.</summary>
/// <remarks>
/// status-N   that status             script   answers of the body's script     echo        what came in
/// slow-N     after N ms              error    200 with the SDK's error header  chain-N     calls itself N times more
/// self       calls itself once, without telling that it is the same chain      remind/… timer/…   answers of the script in the data
/// </remarks>
public static class ScriptedActorApi
{
    private const string Reentrancy = "Dapr-Reentrancy-Id";
    private static readonly HttpClient Http = new();

    public static void MapScriptedActor(this IEndpointRouteBuilder routes, string type)
    {
        routes.MapPut($"/actors/{type}/{{id}}/method/{{**method}}", (HttpContext context, string id, string method) => CallAsync(context, type, id, method));
        routes.MapDelete($"/actors/{type}/{{id}}", async (HttpContext context) => { await context.RecordAsync(); });
    }

    private static async Task CallAsync(HttpContext context, string type, string id, string method)
    {
        var body = await context.RecordAsync();
        context.Response.Headers["X-Instance"] = Instance.Port.ToString(CultureInfo.InvariantCulture);
        var (word, number) = method.Split('-', 2) is [var name, var text] && int.TryParse(text, out var n) ? (name, n) : (method, 0);
        switch (word)
        {
            case "status": context.Response.StatusCode = number; break;
            case "slow": await Task.Delay(number, context.RequestAborted); break;
            case "error": await FailAsync(context); break;
            case "chain" when number > 0: await CallItselfAsync(context, type, id, $"chain-{number - 1}", context.Request.Headers[Reentrancy]); break;
            case "self": await CallItselfAsync(context, type, id, "echo", null); break;
            case "chain" or "echo": await EchoAsync(context, body); break;
            default:
                await Script.AnswerAsync(context, Script.Read(body).Next(context.RequestServices.GetRequiredService<RecordStore>(), context.Request.Path));
                break;
        }
    }

    private static Task FailAsync(HttpContext context)
    {
        context.Response.Headers["X-DaprErrorResponseHeader"] = "true";
        return context.Response.WriteAsync("an actor's own error");
    }

    private static Task EchoAsync(HttpContext context, string body)
    {
        context.Response.ContentType = context.Request.ContentType;
        context.Response.Headers["X-Echo"] = "from the actor";
        return context.Response.WriteAsync(body);
    }

    private static async Task CallItselfAsync(HttpContext context, string type, string id, string method, string? reentrancy)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, $"{Instance.SidecarHttp}/v1.0/actors/{type}/{id}/method/{method}");
        request.Content = new StringContent("{}", MediaTypeHeaderValue.Parse("application/json"));
        if (reentrancy is not null)
            request.Headers.Add(Reentrancy, reentrancy);
        if (Environment.GetEnvironmentVariable("DAPR_API_TOKEN") is { } token)
            request.Headers.Add("dapr-api-token", token);
        using var response = await Http.SendAsync(request, context.RequestAborted);
        context.Response.StatusCode = (int)response.StatusCode;
        await response.Content.CopyToAsync(context.Response.Body, context.RequestAborted);
    }
}
