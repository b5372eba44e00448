using ImDapr.Chaos.Processes;
using ImDapr.Contracts;

namespace ImDapr.Chaos.Faults;

/// <summary>Processes that die, stand still or are replaced.</summary>
internal static class ProcessFaults
{
    // Longer than it takes a sidecar to give an app up (2 probes that each may take 2 s), so that its actors have moved when it wakes up.
    private static readonly TimeSpan LongPause = TimeSpan.FromSeconds(14);
    private static readonly TimeSpan Gone = TimeSpan.FromSeconds(3);

    public static Fault Kill(string appId) =>
        new($"SIGKILL of a {appId}", async (scene, token) => await KillAsync(scene, Any(scene, appId), token));

    public static Fault KillAll(string appId) =>
        new($"SIGKILL of every {appId}", (scene, token) => Task.WhenAll(scene.System.Of(appId).Select(instance => KillAsync(scene, instance, token))));

    public static Fault Pause(string appId) => new($"SIGSTOP of a {appId} until its actors have moved", async (scene, token) =>
    {
        var victim = Any(scene, appId);
        victim.Process.Pause();
        await Task.Delay(LongPause, token);
        victim.Process.Resume();
        await scene.System.HealthyAsync(victim, token);
    });

    public static readonly Fault KillDapr = new("SIGKILL of LocalDapr: every sidecar", async (scene, token) =>
    {
        await scene.System.Dapr.KillAsync();
        await Task.Delay(Gone, token);
        await scene.System.StartDaprAsync(token);
    });

    public static readonly Fault PauseDapr = new("SIGSTOP of LocalDapr for 8 s", async (scene, token) =>
    {
        scene.System.Dapr.Pause();
        await Task.Delay(TimeSpan.FromSeconds(8), token);
        scene.System.Dapr.Resume();
    });

    public static readonly Fault KillEverything = new("SIGKILL of everything, stores included", async (scene, token) =>
    {
        await Task.WhenAll(scene.System.Processes.Select(process => process.KillAsync()));
        if (scene.System.Stores is { } stores)
        {
            await Task.WhenAll(stores.Redis.KillAsync(), stores.Database.KillAsync());
            await Task.WhenAll(stores.Redis.StartAgainAsync(token), stores.Database.StartAgainAsync(token));
        }
        await scene.System.StartDaprAsync(token);
        foreach (var instance in scene.System.Instances)
            scene.System.Start(instance);
        await scene.System.HealthyAsync(token);
    });

    /// <summary>SIGTERM, wait for the end, start, wait until healthy: each instance in turn, as a deployment does.</summary>
    public static Fault RollingRestart(string name, Func<ChaosSystem, IEnumerable<ServiceInstance>> order) => new(name, async (scene, token) =>
    {
        foreach (var instance in order(scene.System))
            await ReplaceAsync(scene, instance, token);
    });

    /// <summary>SIGTERM, the end, a new start, and ready again.</summary>
    public static async Task ReplaceAsync(Scene scene, ServiceInstance instance, CancellationToken token)
    {
        if (!await ChaosSystem.TerminateAsync(instance))
            scene.Complain($"{instance.Name} did not end within its grace period of {Victim.GracePeriod.TotalSeconds} s");
        scene.System.Start(instance);
        await scene.System.HealthyAsync(instance, token);
    }

    public static Fault CutFromSidecar(string appId) => new($"network cut between a {appId} and its sidecar for 8 s", async (scene, token) =>
    {
        var victim = Any(scene, appId);
        victim.SetLine(isCut: true);
        await Task.Delay(TimeSpan.FromSeconds(8), token);
        victim.SetLine(isCut: false);
    });

    public static Fault JumpClock(string appId, int minutes) => new($"the clock of a {appId} jumps by {minutes:+0;-0} min and back", async (scene, token) =>
    {
        var victim = Any(scene, appId);
        await File.WriteAllTextAsync(victim.ClockFile, $"{minutes * 60}", token);
        await Task.Delay(TimeSpan.FromSeconds(10), token);
        File.Delete(victim.ClockFile);
    });

    public static readonly Fault KillDuringRedisRestart = new("SIGKILL of a message-service while Redis restarts", async (scene, token) =>
    {
        await scene.Stores.Redis.KillAsync();
        await KillAsync(scene, Any(scene, DaprNames.MessageService), token, async () => await scene.Stores.Redis.StartAgainAsync(token));
    }, NeedsServers: true);

    private static async Task KillAsync(Scene scene, ServiceInstance victim, CancellationToken token, Func<Task>? meanwhile = null)
    {
        victim.IsServing = false;
        await victim.Process.KillAsync();
        await Task.Delay(Gone, token);
        if (meanwhile is not null)
            await meanwhile();
        scene.System.Start(victim);
        await scene.System.HealthyAsync(victim, token);
    }

    private static ServiceInstance Any(Scene scene, string appId)
    {
        var instances = scene.System.Of(appId);
        return instances[scene.Random.Next(instances.Count)];
    }
}
