using Dapr.Client;
using Microsoft.AspNetCore.SignalR;
using StackExchange.Redis;

namespace ImDapr.ConnectionService.Edge;

/// <summary>
/// The Redis backplane of the hub, when Redis is configured: by <c>Backplane:Redis</c> (StackExchange.Redis configuration), else when the state
/// store of the sidecar is Redis, by the address that its component file refers to. Without it there can be one instance.
/// </summary>
public static class Backplane
{
    private const string AddressVariable = "IMDAPR_REDIS_HOST";
    private static readonly TimeSpan SidecarWait = TimeSpan.FromSeconds(60);

    public static async Task AddBackplaneAsync(this WebApplicationBuilder builder, ISignalRServerBuilder signalR)
    {
        if (await AddressAsync(builder.Configuration) is not { } address)
            return;
        var options = ConfigurationOptions.Parse(address);
        options.AbortOnConnectFail = false;
        options.ClientName = "imdapr-backplane";
        signalR.AddStackExchangeRedis(redis =>
        {
            redis.Configuration = options;
            redis.Configuration.ChannelPrefix = RedisChannel.Literal("imdapr");
        });
    }

    private static async Task<string?> AddressAsync(IConfiguration configuration)
    {
        if (configuration["Backplane:Redis"] is { Length: > 0 } configured)
            return configured;
        if (!await StateIsRedisAsync())
            return null;
        var host = configuration[AddressVariable];
        if (string.IsNullOrEmpty(host))
            throw new InvalidOperationException($"The state store is Redis, but neither Backplane:Redis nor {AddressVariable} says where the backplane is");
        return configuration["IMDAPR_REDIS_PASSWORD"] is { Length: > 0 } password ? $"{host},password={password}" : host;
    }

    private static async Task<bool> StateIsRedisAsync()
    {
        using var dapr = new DaprClientBuilder().Build();
        using var limit = new CancellationTokenSource(SidecarWait);
        await dapr.WaitForSidecarAsync(limit.Token);
        var metadata = await dapr.GetMetadataAsync(limit.Token);
        return metadata.Components.Any(component => component.Type == "state.redis");
    }
}
