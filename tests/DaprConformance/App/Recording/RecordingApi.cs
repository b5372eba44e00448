namespace ImDapr.DaprConformanceApp.Recording;

/// <summary>What tests ask an instance directly, at its own port.</summary>
public static class RecordingApi
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);

    public static void MapRecording(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/recorded/{key}", (string key, RecordStore records, CancellationToken cancellationToken, int count = 1, int waitMs = 5000) =>
            records.WaitAsync(key, count, TimeSpan.FromMilliseconds(Math.Min(waitMs, Longest.TotalMilliseconds)), cancellationToken));
        routes.MapGet("/instance", () => new { Instance.AppId, Instance.Port, Instance.SidecarHttp, Instance.SidecarGrpc, Environment.ProcessId });
        routes.MapPost("/deafen", (Deafness deafness) => deafness.Begin());
        MapHealth(routes);
    }

    // The health that a sidecar sees, where it is told to look.
    private static void MapHealth(IEndpointRouteBuilder routes)
    {
        var status = StatusCodes.Status200OK;
        routes.MapGet("/conformance-health", () => Results.StatusCode(status));
        routes.MapPost("/conformance-health/{code:int}", (int code) => status = code);
    }

    /// <summary>Reads a request and records it.</summary>
    public static async Task<string> RecordAsync(this HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body);
        var body = await reader.ReadToEndAsync(context.RequestAborted);
        context.RequestServices.GetRequiredService<RecordStore>().Add(context.Request, body);
        return body;
    }
}
