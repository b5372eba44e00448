using ImDapr.Contracts;
using ImDapr.ServiceDefaults.Hosting;
using ImDapr.ServiceDefaults.Settings;
using Microsoft.AspNetCore.Mvc;

namespace ImDapr.ConnectionService.Edge;

/// <summary>The one public origin.</summary>
public static class EdgeExtensions
{
    // The largest request (a group with a thousand members) stays far below.
    private const int MaxBodyBytes = 1024 * 1024;

    private static readonly string[] Methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];
    private static readonly Refusal Unknown = new(ErrorCodes.NotFound, "There is nothing at this address.");

    public static WebApplicationBuilder AddEdge(this WebApplicationBuilder builder)
    {
        builder.Services.AddHttpForwarder();
        builder.Services.AddSingleton<EdgeForwarder>().AddSingleton<SidecarOnly>();
        var origins = builder.Configuration.GetSettings<CorsOptions>().Origins;
        builder.Services.AddCors(cors => cors.AddDefaultPolicy(policy =>
            policy.WithOrigins(origins).AllowAnyHeader().AllowAnyMethod().AllowCredentials()));
        return builder;
    }

    /// <summary>Before everything that a sidecar calls: outsiders reach the same port.</summary>
    public static void UseSidecarOnly(this WebApplication app) => app.Use(app.Services.GetRequiredService<SidecarOnly>().CheckAsync);

    public static void MapEdge(this WebApplication app)
    {
        app.MapMethods("/api/{**path}", Methods, (HttpContext context, EdgeForwarder edge) => edge.ForwardAsync(context))
            .WithMetadata(new RequestSizeLimitAttribute(MaxBodyBytes));
        app.MapFallback(() => Unknown.ToProblem());
    }
}
