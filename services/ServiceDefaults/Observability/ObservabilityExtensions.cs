using System.Diagnostics;
using ImDapr.ServiceDefaults.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry;
using OpenTelemetry.Context.Propagation;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace ImDapr.ServiceDefaults.Observability;

/// <summary>Traces and metrics (docs/operations.md). Each is off, and costs nothing to speak of, until the configuration says where it goes.</summary>
public static class ObservabilityExtensions
{
    // Enough to see where time goes; a busy system has thousands of messages a second. OTEL_TRACES_SAMPLER says otherwise.
    private const double SampledByDefault = 0.01;

    private static readonly string[] TraceEndpoints = ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"];

    public static WebApplicationBuilder AddObservability(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<DistributedContextPropagator, SidecarTraceContext>();
        var isTracing = TraceEndpoints.Any(name => builder.Configuration[name] is { Length: > 0 });
        var isMeasuring = ManagementPort.Of(builder.Configuration) is not null;
        if (!isTracing && !isMeasuring)
            return builder;
        var telemetry = builder.Services.AddOpenTelemetry().ConfigureResource(resource => Describe(resource, builder));
        if (isTracing)
            telemetry.WithTracing(traces => AddTraces(traces, builder.Configuration));
        if (isMeasuring)
            telemetry.WithMetrics(AddMetrics);
        return builder;
    }

    private static void AddTraces(TracerProviderBuilder traces, IConfiguration configuration)
    {
        // Else the instrumentation would read the headers of a request by itself, past SidecarTraceContext.
        Sdk.SetDefaultTextMapPropagator(new TraceContextPropagator());
        if (configuration["OTEL_TRACES_SAMPLER"] is not { Length: > 0 })
            traces.SetSampler(new ParentBasedSampler(new TraceIdRatioBasedSampler(SampledByDefault)));
        traces.AddSource(StageSpans.SourceName)
            .AddAspNetCoreInstrumentation(http => http.Filter = IsWorthASpan)
            // A call outside of any trace (a heartbeat, a poll) is not worth one of its own.
            .AddHttpClientInstrumentation(http => http.FilterHttpRequestMessage = _ => Activity.Current is { } call && call.ParentSpanId != default)
            .AddOtlpExporter();
    }

    private static void AddMetrics(MeterProviderBuilder metrics) => metrics
        .AddMeter("ImDapr.*", "System.Runtime")
        .AddAspNetCoreInstrumentation()
        .AddProcessInstrumentation()
        .AddPrometheusExporter();

    // A hub connection is one request that may last for days; its calls have spans of their own.
    private static bool IsWorthASpan(HttpContext context) =>
        !ManagementPort.IsProbe(context.Request.Path) && !context.Request.Path.StartsWithSegments("/hub", StringComparison.OrdinalIgnoreCase);

    private static void Describe(ResourceBuilder resource, WebApplicationBuilder builder) =>
        resource.AddService(NameOf(builder.Environment.ApplicationName), "imdapr", serviceInstanceId: Environment.MachineName + "-" + Environment.ProcessId)
            .AddEnvironmentVariableDetector(); // OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES win

    // ImDapr.MessageService is message-service everywhere else.
    private static string NameOf(string application) =>
        string.Concat(application.Split('.')[^1].Select((letter, i) => char.IsUpper(letter) && i > 0 ? $"-{char.ToLowerInvariant(letter)}" : $"{char.ToLowerInvariant(letter)}"));
}
