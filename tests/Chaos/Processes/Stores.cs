using ImDapr.Chaos.Network;
using ImDapr.IntegrationTests.Servers;
using ImDapr.IntegrationTests.Stacks;

namespace ImDapr.Chaos.Processes;

/// <summary>Redis (append-only, on a disk that can be filled) and MariaDB, each behind a proxy.</summary>
internal sealed class Stores : IAsyncDisposable
{
    private readonly SmallDisk? _disk;

    private Stores(SmallDisk? disk, PrivateRedis redis, PrivateMariaDb database)
    {
        (_disk, Redis, Database) = (disk, redis, database);
        RedisLine = new TcpProxy(FreePorts.Next(), redis.Port);
        DatabaseLine = new TcpProxy(FreePorts.Next(), database.Port);
    }

    public PrivateRedis Redis { get; }

    public PrivateMariaDb Database { get; }

    public TcpProxy RedisLine { get; }

    public TcpProxy DatabaseLine { get; }

    /// <summary>Null where no disk could be mounted.</summary>
    public SmallDisk? Disk => _disk;

    /// <summary>What the components need to find them, through the proxies.</summary>
    public IReadOnlyDictionary<string, string> Environment => new Dictionary<string, string>
    {
        ["IMDAPR_REDIS_HOST"] = $"127.0.0.1:{RedisLine.Port}",
        ["IMDAPR_MYSQL_DSN"] = $"root@tcp(127.0.0.1:{DatabaseLine.Port})/{PrivateMariaDb.Database}",
    };

    public static async Task<Stores> StartAsync(CancellationToken cancellationToken)
    {
        var disk = SmallDisk.TryMount();
        var redisFolder = disk is null ? null : Directory.CreateDirectory(Path.Combine(disk.Folder, "redis")).FullName;
        var redis = PrivateRedis.StartAsync(cancellationToken, redisFolder);
        var database = PrivateMariaDb.StartAsync(cancellationToken);
        return new Stores(disk, await redis, await database);
    }

    public async ValueTask DisposeAsync()
    {
        await RedisLine.DisposeAsync();
        await DatabaseLine.DisposeAsync();
        await Redis.DisposeAsync();
        await Database.DisposeAsync();
        _disk?.Dispose();
    }
}
