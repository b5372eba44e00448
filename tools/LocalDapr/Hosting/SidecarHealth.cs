namespace ImDapr.LocalDapr.Hosting;

/// <summary>Whether a sidecar is ready: for its app, when the components are loaded; for others, when the app is connected too.</summary>
internal sealed class SidecarHealth(string appId)
{
    private volatile bool _hasComponents;
    private volatile bool _hasApp;

    public bool HasComponents { set => _hasComponents = value; }

    public bool HasApp { set => _hasApp = value; }

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1.0/healthz", (HttpContext context) => Whole(context));
        routes.MapGet("/v1.0/healthz/outbound", () => _hasComponents ? Results.NoContent() : NotReady("ERR_OUTBOUND_HEALTH_NOT_READY", "dapr outbound is not ready"));
    }

    private IResult Whole(HttpContext context)
    {
        if (!_hasComponents || !_hasApp)
            return NotReady("ERR_HEALTH_NOT_READY", "dapr is not ready: [app]");
        var asked = context.Request.Query["appid"];
        return asked.Count > 0 && asked != appId ? NotReady("ERR_HEALTH_APPID_NOT_MATCH", "dapr app-id does not match") : Results.NoContent();
    }

    private static IResult NotReady(string code, string message) => Results.Json(new { errorCode = code, message }, statusCode: 500);
}
