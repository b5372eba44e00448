using Dapr.Client;
using ImDapr.ServiceDefaults.Settings;

namespace ImDapr.ConnectionService.Delivery;

/// <summary>
/// Decides before the host is built whether there is a backplane: by <see cref="BackplaneOptions"/>, else by what the sidecar has
/// loaded. Where the state store is Redis there are or may be several nodes, and the same Redis carries their pushes.
/// </summary>
public static class BackplaneDiscovery
{
    private const string RedisStore = "state.redis";
    private static readonly TimeSpan SidecarTimeout = TimeSpan.FromSeconds(60);

    public static async Task<Backplane> FindAsync(IConfiguration configuration)
    {
        if (configuration.GetSettings<BackplaneOptions>().Redis is { Length: > 0 } explicitly)
            return Backplane.From(explicitly);
        if (!await HasRedisAsync())
            return new Backplane(Redis: null);
        if (configuration["IMDAPR_REDIS_HOST"] is { Length: > 0 } host)
            return Backplane.From(
                host, configuration["IMDAPR_REDIS_USERNAME"], configuration["IMDAPR_REDIS_PASSWORD"], configuration.GetValue("IMDAPR_REDIS_TLS", defaultValue: false));
        throw new InvalidOperationException(
            $"The sidecar has a {RedisStore} component, so nodes need a backplane, but neither IMDAPR_REDIS_HOST (host:port) nor Backplane__Redis says where Redis is.");
    }

    private static async Task<bool> HasRedisAsync()
    {
        using var timeout = new CancellationTokenSource(SidecarTimeout);
        using var dapr = new DaprClientBuilder().Build();
        try
        {
            await dapr.WaitForSidecarAsync(timeout.Token);
            var metadata = await dapr.GetMetadataAsync(timeout.Token);
            return metadata.Components.Any(component => component.Type == RedisStore);
        }
        catch (OperationCanceledException late) when (timeout.IsCancellationRequested)
        {
            throw new TimeoutException($"The sidecar was not ready within {SidecarTimeout.TotalSeconds:F0} s", late);
        }
    }
}
