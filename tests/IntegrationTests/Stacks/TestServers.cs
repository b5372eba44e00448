using ImDapr.IntegrationTests.Servers;
using StackExchange.Redis;

namespace ImDapr.IntegrationTests.Stacks;

/// <summary>Redis and MySQL for one stack. Those named by the environment or run in containers are not ours to crash.</summary>
internal sealed class TestServers : IAsyncDisposable
{
    private readonly List<IAsyncDisposable> _owned = [];
    private PrivateRedis? _redis;
    private PrivateMariaDb? _database;

    public string RedisHost { get; private set; } = "";

    public string MySqlDsn { get; private set; } = "";

    public static async Task<TestServers> StartAsync(CancellationToken cancellationToken)
    {
        var servers = new TestServers();
        try
        {
            await servers.StartRedisAsync(cancellationToken);
            await servers.StartDatabaseAsync(cancellationToken);
            return servers;
        }
        catch
        {
            await servers.DisposeAsync();
            throw;
        }
    }

    /// <summary>Redis answers nobody any more, until <see cref="StartRedisAgainAsync"/>; one that is not ours to end, for ten seconds.</summary>
    public async Task StopRedisAsync()
    {
        if (_redis is not null)
        {
            await _redis.KillAsync();
            return;
        }
        await using var redis = await ConnectionMultiplexer.ConnectAsync($"{RedisHost},allowAdmin=true");
        await redis.GetDatabase().ExecuteAsync("CLIENT", "PAUSE", 10_000, "ALL");
    }

    public Task StartRedisAgainAsync(CancellationToken cancellationToken) => _redis?.StartAgainAsync(cancellationToken) ?? Task.CompletedTask;

    public async Task EmptyRedisAsync()
    {
        await using var redis = await ConnectionMultiplexer.ConnectAsync($"{RedisHost},allowAdmin=true");
        await redis.GetServers().Single().FlushAllDatabasesAsync();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var server in _owned)
            await server.DisposeAsync();
    }

    private async Task StartRedisAsync(CancellationToken cancellationToken)
    {
        if (Given("IMDAPR_REDIS_HOST") is { } host)
        {
            RedisHost = host;
        }
        else if (Given("TEST_REDIS_IMAGE") is { } image && await DockerServer.CanStartAsync(cancellationToken))
        {
            var server = await DockerServer.StartAsync(image, 6379, [], ["--appendonly", "yes"], cancellationToken);
            _owned.Add(server);
            RedisHost = $"127.0.0.1:{server.Port}";
        }
        else
        {
            _redis = await PrivateRedis.StartAsync(cancellationToken);
            _owned.Add(_redis);
            RedisHost = _redis.Host;
        }
    }

    private async Task StartDatabaseAsync(CancellationToken cancellationToken)
    {
        if (Given("IMDAPR_MYSQL_DSN") is { } dsn)
        {
            MySqlDsn = dsn;
        }
        else if (Given("TEST_MYSQL_IMAGE") is { } image && await DockerServer.CanStartAsync(cancellationToken))
        {
            string[] environment = ["MYSQL_DATABASE=imdapr", "MYSQL_ROOT_PASSWORD=imdapr", "MARIADB_DATABASE=imdapr", "MARIADB_ROOT_PASSWORD=imdapr"];
            var server = await DockerServer.StartAsync(image, 3306, environment, [], cancellationToken);
            _owned.Add(server);
            MySqlDsn = $"root:imdapr@tcp(127.0.0.1:{server.Port})/imdapr";
            await DockerServer.WaitForDatabaseAsync(server.Port, cancellationToken);
        }
        else
        {
            _database = await PrivateMariaDb.StartAsync(cancellationToken);
            _owned.Add(_database);
            MySqlDsn = _database.Dsn;
        }
    }

    private static string? Given(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
