using ImDapr.IntegrationTests.Clients;
using ImDapr.IntegrationTests.Stacks;
using MySqlConnector;

namespace ImDapr.IntegrationTests.Storage;

/// <summary>A system on Redis and MySQL with one storage model, and one fan-out policy for every conversation.</summary>
public abstract class StorageCluster(string model, string policy) : ServerCluster($"{model.Replace('+', '-')}-{policy}", "dapr.yaml")
{
    protected override IReadOnlyDictionary<string, string> AppSettings => new Dictionary<string, string>
    {
        ["Storage__Model"] = model,
        ["FanOut__Direct"] = policy,
        ["FanOut__Group"] = policy,
    };
}

public sealed class SqlCopyCluster() : StorageCluster("redis+mysql", "copy");

public sealed class SqlReferenceCluster() : StorageCluster("redis+mysql", "reference");

public sealed class SqlTimelineCluster() : StorageCluster("redis+mysql", "timeline");

public sealed class StateCopyCluster() : StorageCluster("redis", "copy");

public sealed class StateReferenceCluster() : StorageCluster("redis", "reference");

public sealed class StateTimelineCluster() : StorageCluster("redis", "timeline");

/// <summary>Conversations spread over two databases of one server.</summary>
public sealed class TwoDatabasesCluster() : ServerCluster("two-databases", "dapr.yaml")
{
    public string SecondDsn => GoDsn.OtherDatabase(MySqlDsn, "_second");

    protected override IReadOnlyDictionary<string, string> AppSettings => new Dictionary<string, string> { ["Storage__Bindings"] = "entities,entities-2" };

    protected override async Task AddComponentsAsync(string folder)
    {
        var second = new MySqlConnectionStringBuilder(GoDsn.ToConnectionString(SecondDsn));
        await using var connection = new MySqlConnection(GoDsn.ToConnectionString(MySqlDsn));
        await connection.OpenAsync();
        await using var create = new MySqlCommand($"CREATE DATABASE IF NOT EXISTS {second.Database}", connection);
        await create.ExecuteNonQueryAsync();
        var first = await File.ReadAllTextAsync(Path.Combine(folder, "entities.yaml"));
        await File.WriteAllTextAsync(
            Path.Combine(folder, "entities-2.yaml"),
            first.Replace("name: entities", "name: entities-2", StringComparison.Ordinal).Replace("envRef: IMDAPR_MYSQL_DSN", $"value: '{SecondDsn}'", StringComparison.Ordinal));
    }
}

public sealed class SqlCopy(SqlCopyCluster cluster) : StorageModelTests(cluster), IClassFixture<SqlCopyCluster>;

public sealed class SqlReference(SqlReferenceCluster cluster) : StorageModelTests(cluster), IClassFixture<SqlReferenceCluster>;

public sealed class SqlTimeline(SqlTimelineCluster cluster) : StorageModelTests(cluster), IClassFixture<SqlTimelineCluster>;

public sealed class StateCopy(StateCopyCluster cluster) : StorageModelTests(cluster), IClassFixture<StateCopyCluster>;

public sealed class StateReference(StateReferenceCluster cluster) : StorageModelTests(cluster), IClassFixture<StateReferenceCluster>;

public sealed class StateTimeline(StateTimelineCluster cluster) : StorageModelTests(cluster), IClassFixture<StateTimelineCluster>;

public sealed class TwoDatabases(TwoDatabasesCluster cluster) : StorageModelTests(cluster), IClassFixture<TwoDatabasesCluster>
{
    [Fact]
    public async Task Both_databases_hold_messages()
    {
        var ann = await TestUser.RegisterAsync(cluster, "ann");
        await using var device = await ann.ConnectAsync();
        for (var i = 0; i < 10; i++)
            await device.SendToAsync((await TestUser.RegisterAsync(cluster, $"u{i}")).Id, "hello");

        Assert.All(await Task.WhenAll(new[] { cluster.MySqlDsn, cluster.SecondDsn }.Select(dsn => SentAsync(dsn, ann.Id))), count => Assert.InRange(count, 1, 9));
    }

    private static async Task<long> SentAsync(string dsn, string userId)
    {
        await using var connection = new MySqlConnection(GoDsn.ToConnectionString(dsn));
        await connection.OpenAsync();
        await using var count = new MySqlCommand("SELECT COUNT(*) FROM messages WHERE sender_id = @user", connection);
        count.Parameters.AddWithValue("@user", userId);
        return (long)(await count.ExecuteScalarAsync())!;
    }
}
