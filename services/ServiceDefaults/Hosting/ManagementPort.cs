using ImDapr.ServiceDefaults.Settings;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;

namespace ImDapr.ServiceDefaults.Hosting;

/// <summary>
/// The port of the platform (<c>Management:Port</c>): probes and metrics, and nothing else. Without it there are no metrics, and probes are
/// answered on the app's port to callers on this machine only (docs/decisions/0012).
/// </summary>
public static class ManagementPort
{
    public const string Metrics = "/metrics";
    public const string Live = "/livez";
    public const string Ready = "/readyz";
    public const string Health = "/healthz";

    /// <summary>Paths that are the platform's.</summary>
    public static readonly IReadOnlyList<string> Probes = [Metrics, Live, Ready, Health];

    /// <summary>Null when there is none.</summary>
    public static int? Of(IConfiguration configuration) => configuration.GetSettings<ManagementOptions>().Port;

    public static bool IsProbe(PathString path) => Probes.Any(probe => path.Equals(probe, StringComparison.OrdinalIgnoreCase));

    /// <summary>Listens on it beside what is listened on already.</summary>
    public static void Listen(WebApplicationBuilder builder)
    {
        if (Of(builder.Configuration) is not { } port)
            return;
        // Run by a CLI on one machine, the app listens on localhost only; so does this.
        var host = builder.Configuration["APP_PORT"] is { Length: > 0 } ? "localhost" : "*";
        builder.WebHost.UseUrls($"{Urls(builder)};http://{host}:{port}");
    }

    /// <summary>Whether the caller may ask: on this port anybody, on the app's port nobody from outside, and nobody if there is this port.</summary>
    public static bool IsAllowed(HttpContext context, int? port) => port is { } only ? context.Connection.LocalPort == only : LocalCaller.Is(context);

    private static string Urls(WebApplicationBuilder builder)
    {
        if (builder.WebHost.GetSetting(WebHostDefaults.ServerUrlsKey) is { Length: > 0 } urls)
            return urls;
        var ports = (builder.Configuration[WebHostDefaults.HttpPortsKey] ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries);
        return ports.Length == 0 ? "http://localhost:5000" : string.Join(';', ports.Select(port => $"http://*:{port}"));
    }
}
