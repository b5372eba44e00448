using ImDapr.IntegrationTests.Servers;
using ImDapr.IntegrationTests.Stacks;

namespace ImDapr.IntegrationTests.Tls;

/// <summary>
/// One of each service on a Redis and a MariaDB that speak TLS and nothing else, set up as k8s/overlays/prod and k8s/README.md say: a component's
/// <c>enableTLS</c>, the backplane's <c>IMDAPR_REDIS_TLS</c>, <c>tls=true</c> of the database, and the authority in <c>SSL_CERT_FILE</c>.
/// </summary>
public sealed class TlsCluster() : Cluster("tls", "dapr.yaml")
{
    private PrivateRedis? _redis;
    private PrivateMariaDb? _database;

    public Certificates Certificates { get; } = new();

    public string RedisHost => _redis!.Host;

    public string MySqlDsn => _database!.Dsn;

    public override async Task InitializeAsync()
    {
        _redis = await PrivateRedis.StartAsync(CancellationToken.None, tls: Certificates.OfRedis()); // xunit gives a fixture no token
        _database = await PrivateMariaDb.StartAsync(CancellationToken.None, Certificates.OfMariaDb());
        await base.InitializeAsync();
    }

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        if (_database is not null)
            await _database.DisposeAsync();
        if (_redis is not null)
            await _redis.DisposeAsync();
        Certificates.Dispose();
    }

    protected override bool UsesServers => true;

    protected override IReadOnlyDictionary<string, string> Environment => new Dictionary<string, string>
    {
        ["IMDAPR_REDIS_HOST"] = RedisHost,
        ["IMDAPR_REDIS_TLS"] = "true",
        ["IMDAPR_MYSQL_DSN"] = $"{MySqlDsn}?parseTime=true&tls=true",
        ["SSL_CERT_FILE"] = Certificates.Authority,
    };

    protected override async Task AddComponentsAsync(string folder)
    {
        foreach (var component in new[] { "pubsub", "broadcast", "statestore" })
        {
            var file = Path.Combine(folder, $"{component}.yaml");
            var plain = await File.ReadAllTextAsync(file);
            await File.WriteAllTextAsync(file, plain.Replace("  metadata:\n", "  metadata:\n    - name: enableTLS\n      value: \"true\"\n", StringComparison.Ordinal));
        }
    }
}
