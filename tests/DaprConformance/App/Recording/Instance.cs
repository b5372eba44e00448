namespace ImDapr.DaprConformanceApp.Recording;

/// <summary>Which instance of which app this is: what the CLI tells it.</summary>
public static class Instance
{
    public static string AppId { get; } = Environment.GetEnvironmentVariable("APP_ID") ?? "conf-a";

    public static int Port { get; } = int.Parse(Environment.GetEnvironmentVariable("APP_PORT") ?? "7101", System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Where its sidecar answers.</summary>
    public static string SidecarHttp { get; } = Endpoint("HTTP", 3500);

    public static string SidecarGrpc { get; } = Endpoint("GRPC", 50001);

    private static string Endpoint(string api, int otherwise) =>
        $"http://127.0.0.1:{Environment.GetEnvironmentVariable($"DAPR_{api}_PORT") ?? $"{otherwise}"}";
}
