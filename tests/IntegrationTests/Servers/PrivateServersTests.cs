using MySqlConnector;
using StackExchange.Redis;

namespace ImDapr.IntegrationTests.Servers;

public sealed class PrivateServersTests
{
    [Fact]
    public async Task A_private_Redis_keeps_what_it_acknowledged_over_a_crash()
    {
        await using var redis = await PrivateRedis.StartAsync();
        await using (var before = await ConnectionMultiplexer.ConnectAsync(redis.Host))
            await before.GetDatabase().StringSetAsync("key", "value");

        await redis.KillAsync();
        await redis.StartAgainAsync();

        await using var after = await ConnectionMultiplexer.ConnectAsync(redis.Host);
        Assert.Equal("value", await after.GetDatabase().StringGetAsync("key"));
    }

    [Fact]
    public async Task A_private_MariaDB_keeps_what_it_committed_over_a_crash()
    {
        await using var database = await PrivateMariaDb.StartAsync();
        await ExecuteAsync(database, "CREATE TABLE kept (id INT PRIMARY KEY)");
        await ExecuteAsync(database, "INSERT INTO kept VALUES (7)");

        await database.KillAsync();
        await database.StartAgainAsync();

        Assert.Equal(7, await ExecuteAsync(database, "SELECT id FROM kept"));
    }

    private static async Task<object?> ExecuteAsync(PrivateMariaDb database, string sql)
    {
        await using var connection = new MySqlConnection(database.ConnectionString);
        await connection.OpenAsync();
        await using var command = new MySqlCommand(sql, connection);
        return await command.ExecuteScalarAsync();
    }
}
