namespace ImDapr.IntegrationTests.Stacks;

/// <summary>A system on Redis and MySQL: those that the environment names, containers of given images, or private processes, in this order.</summary>
public abstract class ServerCluster(string name, string template) : Cluster(name, template)
{
    private TestServers? _servers;

    public override async Task InitializeAsync()
    {
        _servers = await TestServers.StartAsync(CancellationToken.None); // xunit gives a fixture no token
        await base.InitializeAsync();
    }

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        if (_servers is not null)
            await _servers.DisposeAsync();
    }

    protected override Task LoseStateAsync() => _servers!.EmptyRedisAsync();

    /// <summary>Redis answers nobody any more, until it is started again.</summary>
    public Task StopRedisAsync() => _servers!.StopRedisAsync();

    public Task StartRedisAgainAsync(CancellationToken cancellationToken) => _servers!.StartRedisAgainAsync(cancellationToken);

    public string RedisHost => _servers!.RedisHost;

    public string MySqlDsn => _servers!.MySqlDsn;

    protected override bool UsesServers => true;

    protected override IReadOnlyDictionary<string, string> Environment => new Dictionary<string, string>
    {
        ["IMDAPR_REDIS_HOST"] = _servers!.RedisHost,
        ["IMDAPR_MYSQL_DSN"] = _servers.MySqlDsn,
    };
}

/// <summary>One of each service on Redis and MySQL.</summary>
public sealed class RedisMySqlCluster() : ServerCluster("redis-mysql", "dapr.yaml");

/// <summary>Two of each service on Redis and MySQL.</summary>
public sealed class TwoInstancesCluster() : ServerCluster("two-instances", "tests/two-instances.dapr.yaml");
