using System.Text.Json;
using ImDapr.Contracts;
using ImDapr.ServiceDefaults.Health;
using ImDapr.ServiceDefaults.Observability;
using ImDapr.ServiceDefaults.Settings;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Serilog;
using Serilog.Events;
using Serilog.Formatting.Compact;

namespace ImDapr.ServiceDefaults.Hosting;

/// <summary>What every service has in common: where it listens, how it logs, writes JSON, answers errors and reaches its sidecar.</summary>
public static class ServiceDefaultsExtensions
{
    // What a sidecar passes on, and the envelope of an event around it.
    private const int MaxBodyBytes = 8 * 1024 * 1024;

    public static WebApplicationBuilder AddServiceDefaults(this WebApplicationBuilder builder)
    {
        ListenOnAppPort(builder);
        AddLogging(builder);
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.ConfigureHttpJsonOptions(json => CopyWireOptions(json.SerializerOptions));
        builder.Services.AddDaprClient(dapr => dapr.UseJsonSerializationOptions(ContractsJson.Wire));
        builder.Services.AddProblemDetails();
        builder.Services.AddExceptionHandler<ProblemExceptionHandler>();
        builder.Services.Configure<RouteHandlerOptions>(routes => routes.ThrowOnBadRequest = true);
        builder.AddHealth().AddObservability();
        builder.Services.AddDraining();
        // After the drain: for what it left unfinished, and for the queues to flush.
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(10));
        return builder;
    }

    public static WebApplication MapServiceDefaults(this WebApplication app)
    {
        app.UseManagement();
        app.UseDraining();
        app.UseExceptionHandler(new ExceptionHandlerOptions { SuppressDiagnosticsCallback = ProblemExceptionHandler.IsExpected });
        app.MapSubscribeHandler();
        return app;
    }

    // The dapr CLI and LocalDapr name the port in APP_PORT; in a container ASPNETCORE_HTTP_PORTS does.
    private static void ListenOnAppPort(WebApplicationBuilder builder)
    {
        if (builder.Configuration["APP_PORT"] is { Length: > 0 } port)
            builder.WebHost.UseUrls($"http://localhost:{port}");
        ManagementPort.Listen(builder);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            Limit(kestrel.Limits);
            builder.Configuration.GetSection("Kestrel:Limits").Bind(kestrel.Limits);
        });
    }

    // Some 30 KB each: what a machine of 4 GB bears. Sockets of the hub leave room for those of the sidecar, which must always get through.
    private static void Limit(KestrelServerLimits limits)
    {
        limits.MaxConcurrentUpgradedConnections = 50_000;
        limits.MaxConcurrentConnections = 60_000;
        limits.MaxRequestBodySize = MaxBodyBytes;
        limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
    }

    private static void AddLogging(WebApplicationBuilder builder)
    {
        var options = builder.Configuration.GetSettings<LogOptions>();
        var logging = new LoggerConfiguration()
            .MinimumLevel.Is(options.Level)
            .MinimumLevel.Override("Microsoft", LogEventLevel.Warning)
            .MinimumLevel.Override("System", LogEventLevel.Warning)
            // It logs every refusal of a hub method as an error with a stack trace; what is ours is reported by the hub itself.
            .MinimumLevel.Override("Microsoft.AspNetCore.SignalR.Internal.DefaultHubDispatcher", LogEventLevel.Fatal)
            // Nothing here has a key to protect (AddImAuthentication), which it reports as an error.
            .MinimumLevel.Override("Microsoft.AspNetCore.DataProtection", LogEventLevel.Fatal)
            // Every probe while something is away; what changes is reported by Readiness.
            .MinimumLevel.Override("Microsoft.Extensions.Diagnostics.HealthChecks", LogEventLevel.Fatal)
            .MinimumLevel.Override("Yarp", LogEventLevel.Warning)
            .Enrich.FromLogContext();
        logging = options.Json
            ? logging.WriteTo.Console(new RenderedCompactJsonFormatter())
            : logging.WriteTo.Console(outputTemplate: "{Timestamp:HH:mm:ss.fff} {Level:u3} {Message:lj}{NewLine}{Exception}", formatProvider: null);
        builder.Logging.ClearProviders();
        builder.Logging.AddSerilog(logging.CreateLogger(), dispose: true);
    }

    private static void CopyWireOptions(JsonSerializerOptions options)
    {
        options.DefaultIgnoreCondition = ContractsJson.Wire.DefaultIgnoreCondition;
        options.Encoder = ContractsJson.Wire.Encoder;
        options.TypeInfoResolverChain.Insert(0, ContractsJson.Default);
    }
}
