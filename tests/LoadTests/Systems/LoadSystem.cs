using System.Net;
using ImDapr.Contracts;
using ImDapr.IntegrationTests.Servers;
using ImDapr.IntegrationTests.Stacks;
using MySqlConnector;
using StackExchange.Redis;

namespace ImDapr.LoadTests.Systems;

/// <summary>
/// The whole system as `dapr.yaml` starts it: one instance of each service, LocalDapr, an append-only Redis and a MariaDB that writes its log to disk
/// with every commit. All of it are processes of their own on this machine, and end with this object.
/// </summary>
internal sealed class LoadSystem(IReadOnlyDictionary<string, string> settings) : Cluster("load", "dapr.yaml"), IAsyncDisposable
{
    // What a server of this size would be given; the integration tests' own are as small as can be.
    private static readonly string[] DatabaseSettings =
    [
        "SET GLOBAL innodb_flush_log_at_trx_commit = 1",
        "SET GLOBAL innodb_log_file_size = 268435456",
        "SET GLOBAL innodb_buffer_pool_size = 536870912",
    ];

    // Its data here are some 20 MB, so with Redis' own 64 MB it would rewrite its file every 5 s, and a core of two would be away for half a second.
    private const string RewriteFromBytes = "1073741824";

    private PrivateRedis? _redis;
    private PrivateMariaDb? _database;

    /// <summary>Limits that no load comes near. The checks themselves stay in place.</summary>
    public static IReadOnlyDictionary<string, string> RaisedLimits { get; } = new Dictionary<string, string>
    {
        ["RateLimits__SendsPerSecond"] = "1000000",
        ["RateLimits__SendBurst"] = "1000000",
        ["RateLimits__CallsPerSecond"] = "1000000",
        ["RateLimits__CallBurst"] = "1000000",
        ["RateLimits__RestCallsPerSecond"] = "1000000",
        ["RateLimits__RestBurst"] = "1000000",
        ["RateLimits__AnonymousCallsPerSecond"] = "1000000",
        ["RateLimits__AnonymousBurst"] = "1000000",
    };

    public string RedisHost => _redis!.Host;

    /// <summary>For MySqlConnector.</summary>
    public string Database => _database!.ConnectionString;

    public string MySqlDsn => _database!.Dsn;

    /// <summary>Where clients connect; an address, so that no name is looked up.</summary>
    public IPEndPoint Hub => new(IPAddress.Loopback, Origin().Port);

    public static async Task<LoadSystem> StartAsync(IReadOnlyDictionary<string, string> settings)
    {
        var system = new LoadSystem(settings);
        try
        {
            await system.InitializeAsync();
            return system;
        }
        catch
        {
            await system.DisposeAsync();
            throw;
        }
    }

    public override async Task InitializeAsync()
    {
        _redis = await PrivateRedis.StartAsync();
        await using (var redis = await ConnectionMultiplexer.ConnectAsync($"{RedisHost},allowAdmin=true"))
            await redis.GetServers()[0].ConfigSetAsync("auto-aof-rewrite-min-size", RewriteFromBytes);
        _database = await PrivateMariaDb.StartAsync();
        await using (var connection = new MySqlConnection(Database))
        {
            await connection.OpenAsync();
            foreach (var setting in DatabaseSettings)
            {
                await using var command = new MySqlCommand(setting, connection);
                await command.ExecuteNonQueryAsync();
            }
        }
        await base.InitializeAsync();
    }

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        if (_database is not null)
            await _database.DisposeAsync();
        if (_redis is not null)
            await _redis.DisposeAsync();
    }

    async ValueTask IAsyncDisposable.DisposeAsync() => await DisposeAsync();

    protected override bool UsesServers => true;

    protected override IReadOnlyDictionary<string, string> AppSettings => new Dictionary<string, string>(RaisedLimits.Concat(settings));

    protected override IReadOnlyDictionary<string, string> Environment => new Dictionary<string, string>
    {
        ["IMDAPR_REDIS_HOST"] = RedisHost,
        ["IMDAPR_MYSQL_DSN"] = MySqlDsn,
    };

    /// <summary>Services that serve metrics.</summary>
    public static IReadOnlyList<string> Services { get; } = [DaprNames.ConnectionService, DaprNames.MessageService, DaprNames.UserService];
}
