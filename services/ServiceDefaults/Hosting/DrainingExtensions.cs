using ImDapr.ServiceDefaults.Settings;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace ImDapr.ServiceDefaults.Hosting;

public static class DrainingExtensions
{
    /// <summary>Drains before stopping: every service waits until its requests have ended and no more come.</summary>
    internal static IServiceCollection AddDraining(this IServiceCollection services)
    {
        services.AddSettings<DrainOptions>();
        services.AddSingleton<Draining>();
        services.AddSingleton<IHostLifetime, DrainingLifetime>();
        services.AddSingleton(provider => new QuietRequests(
            [.. ManagementPort.Probes.Select(probe => new PathString(probe)), .. provider.GetServices<UncountedPath>().Select(uncounted => uncounted.Path)],
            provider.GetRequiredService<IOptions<DrainOptions>>(), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<IDrainStep>(provider => provider.GetRequiredService<QuietRequests>());
        return services;
    }

    /// <summary>One thing more to wait for before stopping.</summary>
    public static IServiceCollection AddDrainStep<T>(this IServiceCollection services) where T : class, IDrainStep =>
        services.AddSingleton<T>().AddSingleton<IDrainStep>(provider => provider.GetRequiredService<T>());

    /// <summary>Requests below this path are waited for by a step of their own.</summary>
    public static IServiceCollection AddUncountedPath(this IServiceCollection services, PathString path) =>
        services.AddSingleton(new UncountedPath(path));

    internal static void UseDraining(this WebApplication app)
    {
        var draining = app.Services.GetRequiredService<Draining>();
        app.Use((context, next) =>
        {
            draining.AskToLeave(context.Response);
            return next(context);
        });
        app.Use(app.Services.GetRequiredService<QuietRequests>().CountAsync);
    }

    private sealed record UncountedPath(PathString Path);
}
