using StackExchange.Redis;

namespace ImDapr.Chaos.Faults;

/// <summary>Redis and MariaDB that die, stand still, refuse, are slow or full. When they are back, service resumes by itself.</summary>
internal static class StoreFaults
{
    public static readonly Fault RestartRedis = new("Redis dies and restarts", async (scene, token) =>
    {
        await scene.Stores.Redis.KillAsync();
        await Task.Delay(TimeSpan.FromSeconds(5), token);
        await scene.Stores.Redis.StartAgainAsync(token);
    }, NeedsServers: true);

    public static readonly Fault PauseRedis = new("Redis stands still for 8 s", async (scene, token) =>
    {
        await scene.Stores.Redis.PauseAsync();
        await Task.Delay(TimeSpan.FromSeconds(8), token);
        await scene.Stores.Redis.ResumeAsync();
    }, NeedsServers: true);

    public static readonly Fault LoseRedis = new("Redis dies and comes back empty", async (scene, token) =>
    {
        await scene.Stores.Redis.KillAsync();
        scene.Stores.Redis.LoseData();
        await scene.Stores.Redis.StartAgainAsync(token);
    }, NeedsServers: true);

    public static readonly Fault FlushRedis = new("FLUSHALL of a Redis in use", async (scene, token) =>
    {
        await using var redis = await ConnectionMultiplexer.ConnectAsync($"{scene.Stores.Redis.Host},allowAdmin=true");
        await redis.GetServers().Single().FlushAllDatabasesAsync().WaitAsync(token);
    }, NeedsServers: true);

    public static readonly Fault FillRedis = new("the disk of Redis is full for 8 s", async (scene, token) =>
    {
        if (scene.Stores.Disk is { } disk)
        {
            disk.Fill();
            await Task.Delay(TimeSpan.FromSeconds(8), token);
            disk.Free();
            return;
        }
        // Where nothing can be mounted: no memory left instead, which refuses writes just so.
        await using var redis = await ConnectionMultiplexer.ConnectAsync($"{scene.Stores.Redis.Host},allowAdmin=true");
        await redis.GetServers().Single().ConfigSetAsync("maxmemory", "1mb").WaitAsync(token);
        await Task.Delay(TimeSpan.FromSeconds(8), token);
        await redis.GetServers().Single().ConfigSetAsync("maxmemory", "0").WaitAsync(token);
    }, NeedsServers: true);

    public static readonly Fault RestartDatabase = new("MariaDB dies and restarts", async (scene, token) =>
    {
        await scene.Stores.Database.KillAsync();
        await Task.Delay(TimeSpan.FromSeconds(3), token);
        await scene.Stores.Database.StartAgainAsync(token);
    }, NeedsServers: true);

    public static readonly Fault PauseDatabase = new("MariaDB stands still for 8 s", async (scene, token) =>
    {
        await scene.Stores.Database.PauseAsync();
        await Task.Delay(TimeSpan.FromSeconds(8), token);
        await scene.Stores.Database.ResumeAsync();
    }, NeedsServers: true);

    public static readonly Fault RefuseDatabase = new("MariaDB refuses connections for 20 s", async (scene, token) =>
    {
        scene.Stores.DatabaseLine.Refuses = true;
        scene.Stores.DatabaseLine.Reset();
        await Task.Delay(TimeSpan.FromSeconds(20), token);
        scene.Stores.DatabaseLine.Refuses = false;
    }, NeedsServers: true);

    public static readonly Fault SlowDatabase = new("MariaDB answers 200 ms later for 15 s", async (scene, token) =>
    {
        scene.Stores.DatabaseLine.Delay = TimeSpan.FromMilliseconds(100);
        await Task.Delay(TimeSpan.FromSeconds(15), token);
        scene.Stores.DatabaseLine.Delay = TimeSpan.Zero;
    }, NeedsServers: true);

    public static readonly Fault CutRedis = new("network cut to Redis for 8 s, its process lives on", async (scene, token) =>
    {
        scene.Stores.RedisLine.Refuses = true;
        scene.Stores.RedisLine.Reset();
        await Task.Delay(TimeSpan.FromSeconds(8), token);
        scene.Stores.RedisLine.Refuses = false;
    }, NeedsServers: true);
}
