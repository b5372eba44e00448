using ImDapr.Contracts;
using ImDapr.ServiceDefaults.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace ImDapr.ServiceDefaults.Health;

/// <summary>
/// <c>/livez</c>: the process works, whatever else does. <c>/readyz</c>: it may be sent requests (<see cref="Readiness"/>). <c>/healthz</c>: for its
/// own sidecar, 200 until the app drains; on no store does it depend, or a hiccup of one would take away all actors.
/// </summary>
public static class HealthExtensions
{
    public const string ReadyTag = "ready";

    // A probe of the platform waits for a second or a few.
    private static readonly TimeSpan PartTimeout = TimeSpan.FromSeconds(1);

    /// <summary>What every service needs: its sidecar, with pub/sub.</summary>
    public static WebApplicationBuilder AddHealth(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<Readiness>();
        builder.Services.AddReadinessPart<SidecarCheck>("sidecar").AddReadinessPart<PubSubCheck>(DaprNames.PubSub);
        return builder;
    }

    /// <summary>This service cannot work without the SQL binding.</summary>
    public static IServiceCollection AddEntitiesReadiness(this IServiceCollection services) => services.AddReadinessPart<EntitiesCheck>(DaprNames.Entities);

    /// <summary>This service cannot work without the state store.</summary>
    public static IServiceCollection AddStateStoreReadiness(this IServiceCollection services) => services.AddReadinessPart<StateStoreCheck>(DaprNames.StateStore);

    /// <summary>Answers the platform: all of its own port, and of the app's port what callers on this machine may ask.</summary>
    public static void UseManagement(this WebApplication app)
    {
        var port = ManagementPort.Of(app.Configuration);
        if (port is not null)
        {
            app.MapWhen(context => context.Connection.LocalPort == port, management =>
            {
                management.UseOpenTelemetryPrometheusScrapingEndpoint(ManagementPort.Metrics);
                management.Run(AnswerAsync);
            });
        }
        app.MapWhen(context => IsInternal(context.Request.Path), probes => probes.Run(context => ManagementPort.IsAllowed(context, port) ? AnswerAsync(context) : NothingAsync(context)));
        app.MapGet(ManagementPort.Health, AnswerAsync).AllowAnonymous().ExcludeFromDescription();
    }

    private static bool IsInternal(PathString path) => ManagementPort.IsProbe(path) && path != ManagementPort.Health;

    private static async Task AnswerAsync(HttpContext context)
    {
        var readiness = context.RequestServices.GetRequiredService<Readiness>();
        switch (context.Request.Path.Value?.ToLowerInvariant())
        {
            case ManagementPort.Live:
                await TypedResults.Ok().ExecuteAsync(context);
                break;
            case ManagementPort.Health:
                await TypedResults.StatusCode(readiness.IsDraining ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status200OK).ExecuteAsync(context);
                break;
            case ManagementPort.Ready:
                var report = await readiness.CheckAsync(context.RequestAborted);
                await TypedResults.Json(report, statusCode: report.Ready ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable).ExecuteAsync(context);
                break;
            default:
                await NothingAsync(context);
                break;
        }
    }

    private static Task NothingAsync(HttpContext context) =>
        new Refusal(ErrorCodes.NotFound, "There is nothing at this address.").ToProblem().ExecuteAsync(context);

    /// <summary>This service is not ready while the check fails or takes longer than a second.</summary>
    /// <param name="name">How <c>/readyz</c> and the metrics call the part.</param>
    public static IServiceCollection AddReadinessPart<T>(this IServiceCollection services, string name) where T : class, IHealthCheck
    {
        services.AddHealthChecks().AddCheck<T>(name, HealthStatus.Unhealthy, [ReadyTag], PartTimeout);
        return services;
    }
}
