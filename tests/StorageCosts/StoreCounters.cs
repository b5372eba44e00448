using System.Globalization;
using ImDapr.IntegrationTests.Stacks;
using MySqlConnector;
using StackExchange.Redis;

namespace ImDapr.StorageCosts;

/// <summary>Asks Redis and MySQL what lies in them and what they have done.</summary>
internal sealed class StoreCounters(ConnectionMultiplexer redis, MySqlConnection mySql) : IAsyncDisposable
{
    // What sidecars send themselves: commands inside of scripts and waiting reads are not counted.
    private static readonly string[] Commands = ["eval", "evalsha", "hgetall", "get", "set", "del", "unlink", "expire", "persist", "multi", "exec", "xadd", "xack", "publish"];
    private static readonly string[] Statements = ["Com_select", "Com_insert", "Com_update", "Com_delete"];

    public static async Task<StoreCounters> ConnectAsync(string redisHost, string goDsn)
    {
        var redis = await ConnectionMultiplexer.ConnectAsync($"{redisHost},allowAdmin=true");
        var mySql = new MySqlConnection(GoDsn.ToConnectionString(goDsn));
        await mySql.OpenAsync();
        return new StoreCounters(redis, mySql);
    }

    public async Task<Stored> StoredAsync()
    {
        var (keys, bytes) = (0L, 0L);
        await foreach (var key in Server.KeysAsync(pageSize: 1_000))
        {
            if (await Database.KeyTypeAsync(key) is RedisType.Stream or RedisType.None)
                continue;
            keys++;
            bytes += (long)await Database.ExecuteAsync("MEMORY", "USAGE", key, "SAMPLES", "0");
        }
        var rows = await NumberAsync("SELECT (SELECT COUNT(*) FROM messages) + (SELECT COUNT(*) FROM inbox_overflow)");
        var values = await NumberAsync(
            """
            SELECT COALESCE(SUM(LENGTH(conversation_id) + 8 + LENGTH(sender_id) + LENGTH(client_message_id) + LENGTH(sender_device_id) + LENGTH(type)
              + LENGTH(body) + 8 + LENGTH(mentions) + 8 + 4 + LENGTH(amendment) + 8), 0) FROM messages
            """);
        var overflow = await NumberAsync("SELECT COALESCE(SUM(LENGTH(user_id) + LENGTH(epoch) + 8 + LENGTH(entries)), 0) FROM inbox_overflow");
        return new Stored(rows, values + overflow, keys, bytes);
    }

    public async Task<Operations> OperationsAsync()
    {
        var info = await Server.InfoAsync("commandstats");
        var commands = info.SelectMany(section => section).Where(line => Commands.Contains(line.Key["cmdstat_".Length..])).Sum(line => Calls(line.Value));
        var statements = 0.0;
        foreach (var name in Statements)
            statements += await NumberAsync($"SELECT VARIABLE_VALUE FROM information_schema.GLOBAL_STATUS WHERE VARIABLE_NAME = '{name}'");
        return new Operations(statements, commands);
    }

    /// <summary>Whether every event of these topics was handled.</summary>
    public async Task<bool> IsIdleAsync(params string[] topics)
    {
        foreach (var topic in topics)
        {
            if (!await Database.KeyExistsAsync(topic))
                continue;
            var groups = await Database.StreamGroupInfoAsync(topic);
            // Groups of processes that are gone (broadcast) lag for ever; a group of an app does not.
            if (groups.Any(group => !Guid.TryParse(group.Name, out _) && (group.PendingMessageCount > 0 || group.Lag > 0)))
                return false;
        }
        return true;
    }

    public async ValueTask DisposeAsync()
    {
        await redis.DisposeAsync();
        await mySql.DisposeAsync();
    }

    private IServer Server => redis.GetServers().Single();

    private IDatabase Database => redis.GetDatabase();

    // calls=12,usec=34,…
    private static double Calls(string stats) => double.Parse(stats.Split(',')[0]["calls=".Length..], CultureInfo.InvariantCulture);

    private async Task<double> NumberAsync(string sql)
    {
        await using var command = new MySqlCommand(sql, mySql);
        return Convert.ToDouble(await command.ExecuteScalarAsync(), CultureInfo.InvariantCulture);
    }
}
