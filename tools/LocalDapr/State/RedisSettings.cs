using ImDapr.LocalDapr.Resources;
using StackExchange.Redis;

namespace ImDapr.LocalDapr.State;

/// <summary>Metadata that all Redis components share (dapr-contract 2.4).</summary>
public static class RedisSettings
{
    /// <exception cref="ComponentException">Something is asked for that LocalDapr does not do.</exception>
    public static ConfigurationOptions Options(ComponentSpec spec)
    {
        if (spec.Find("redisType") is { } type && type != "node")
            throw new ComponentException($"{spec.File}: redisType {type} of {spec.Name} is not supported by LocalDapr");
        if (spec.Find("failover") is { } failover && IsTrue(failover))
            throw new ComponentException($"{spec.File}: failover of {spec.Name} is not supported by LocalDapr");
        var options = new ConfigurationOptions
        {
            User = spec.Find("redisUsername"),
            Password = spec.Find("redisPassword"),
            DefaultDatabase = spec.Find("redisDB") is { } database ? int.Parse(database, System.Globalization.CultureInfo.InvariantCulture) : 0,
            Ssl = spec.Find("enableTLS") is { } tls && IsTrue(tls),
            // Away: fail at once and come back by itself.
            AbortOnConnectFail = false,
            BacklogPolicy = BacklogPolicy.FailFast,
            ConnectTimeout = 5_000,
            AsyncTimeout = 3_000,
            ReconnectRetryPolicy = new LinearRetry(500),
            ClientName = $"localdapr-{spec.AppId}-{spec.Name}",
        };
        var host = spec.Require("redisHost");
        options.EndPoints.Add(host.Contains(':', StringComparison.Ordinal) ? host : $"{host}:{spec.Find("redisPort") ?? "6379"}");
        return options;
    }

    public static async Task<ConnectionMultiplexer> ConnectAsync(ComponentSpec spec, ConfigurationOptions options, CancellationToken cancellationToken)
    {
        var connection = await ConnectionMultiplexer.ConnectAsync(options).WaitAsync(cancellationToken);
        if (connection.IsConnected)
            return connection;
        await connection.DisposeAsync();
        throw new ComponentException($"{spec.File}: {spec.Name} ({spec.Type}) cannot reach Redis at {string.Join(",", options.EndPoints)}");
    }

    public static bool IsTrue(string text) => text.ToLowerInvariant() is "y" or "yes" or "t" or "true" or "on" or "1";
}
