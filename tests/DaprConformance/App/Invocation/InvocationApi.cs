using System.Globalization;
using ImDapr.DaprConformanceApp.Recording;

namespace ImDapr.DaprConformanceApp.Invocation;

/// <summary>What others invoke.</summary>
public static class InvocationApi
{
    public static void MapInvocation(this IEndpointRouteBuilder routes)
    {
        routes.Map("/echo/{**path}", (Delegate)EchoAsync);
        routes.MapGet("/status/{code:int}", (int code) => Results.Text($"status {code}", statusCode: code));
        routes.MapGet("/empty", () => Results.NoContent());
        routes.MapGet("/stream/{chunks:int}/{size:int}", StreamAsync);
        routes.MapPost("/length", async (HttpContext context) => $"{await LengthAsync(context)}");
        routes.Map("/scripted", ScriptedAsync);
        routes.MapGet("/headers", (HttpContext context) =>
        {
            context.Response.Headers["X-Answer"] = "seen";
            context.Response.Headers["Set-Cookie"] = "a=b";
            return "headers";
        });
    }

    private static async Task<IResult> EchoAsync(HttpContext context)
    {
        var body = await context.RecordAsync();
        var request = context.Request;
        return Results.Json(new
        {
            Instance.AppId,
            Instance.Port,
            request.Method,
            Path = context.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpRequestFeature>()!.RawTarget.Split('?')[0],
            Query = request.QueryString.Value,
            Headers = request.Headers.ToDictionary(header => header.Key.ToLowerInvariant(), header => header.Value.ToString()),
            Body = body,
        });
    }

    private static async Task StreamAsync(HttpContext context, int chunks, int size)
    {
        for (var i = 0; i < chunks; i++)
        {
            await context.Response.WriteAsync(new string((char)('a' + (i % 26)), size));
            await context.Response.Body.FlushAsync(context.RequestAborted);
        }
    }

    private static async Task<long> LengthAsync(HttpContext context)
    {
        var buffer = new byte[64 * 1024];
        var length = 0L;
        for (int read; (read = await context.Request.Body.ReadAsync(buffer, context.RequestAborted)) > 0;)
            length += read;
        return length;
    }

    /// <summary>Answers one after the other, as its query says: <c>?key=k-…&amp;answers=500,slow:300,200</c>.</summary>
    private static async Task ScriptedAsync(HttpContext context, RecordStore records, string key, string answers)
    {
        await context.RecordAsync();
        context.Response.Headers["X-Attempt"] = records.Attempt($"asked/{key}").ToString(CultureInfo.InvariantCulture);
        await Script.AnswerAsync(context, new Script(key, answers.Split(',')).Next(records, "/scripted"));
    }
}
