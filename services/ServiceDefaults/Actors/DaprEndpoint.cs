using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace ImDapr.ServiceDefaults.Actors;

/// <summary>Where the sidecar is, by the variables that Dapr sets; an endpoint wins over a port.</summary>
public static class DaprEndpoint
{
    public static string Http(IServiceProvider provider) => Http(provider.GetRequiredService<IConfiguration>());

    public static string Http(IConfiguration configuration) =>
        configuration["DAPR_HTTP_ENDPOINT"] is { Length: > 0 } endpoint
            ? endpoint
            : $"http://127.0.0.1:{configuration["DAPR_HTTP_PORT"] ?? "3500"}";

    public static string? ApiToken(IServiceProvider provider) => provider.GetRequiredService<IConfiguration>()["DAPR_API_TOKEN"];
}
