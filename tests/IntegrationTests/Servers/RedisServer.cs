namespace ImDapr.IntegrationTests.Servers;

/// <summary>The Redis of a collection of tests: the one that IMDAPR_REDIS_HOST names, else a private one.</summary>
public sealed class RedisServer : IAsyncLifetime
{
    private PrivateRedis? _private;

    /// <summary><c>host:port</c>.</summary>
    public string Host { get; private set; } = "";

    public async Task InitializeAsync()
    {
        if (Environment.GetEnvironmentVariable("IMDAPR_REDIS_HOST") is { Length: > 0 } host)
            Host = host;
        else
            Host = (_private = await PrivateRedis.StartAsync()).Host;
    }

    public async Task DisposeAsync()
    {
        if (_private is not null)
            await _private.DisposeAsync();
    }
}

[CollectionDefinition(Name)]
public sealed class RedisCollection : ICollectionFixture<RedisServer>
{
    public const string Name = "Redis";
}
