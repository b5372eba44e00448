using ImDapr.Chaos.Checks;
using ImDapr.Chaos.Traffic;

namespace ImDapr.Chaos.Faults;

/// <summary>Clients that vanish, read nothing, go and come back, or want too much.</summary>
internal static class ClientFaults
{
    // What all processes together may grow by: garbage that is not yet collected, and queues that are bounded.
    private const long MostMemory = 1L << 30;

    private static readonly TimeSpan CalmAgain = TimeSpan.FromSeconds(10);

    private static readonly Talk Large = new(TimeSpan.FromMilliseconds(300), 8 * 1024, IsAlone: false);

    public static readonly Fault Vanish = new("a third of the clients vanish without a close", async (scene, token) =>
    {
        var gone = scene.System.Front.Connections.Where(_ => scene.Random.Next(3) == 0).ToArray();
        foreach (var connection in gone)
            connection.FallSilent();
        await Task.Delay(TimeSpan.FromSeconds(5), token);
        // The devices find another network; the server still believes in the old connections.
        foreach (var connection in gone)
            connection.ResetClient();
        await Task.Delay(TimeSpan.FromSeconds(3), token);
    });

    public static readonly Fault ReadNothing = new("a quarter of the clients read nothing while large messages come", async (scene, token) =>
    {
        var deaf = scene.System.Front.Connections.Where(_ => scene.Random.Next(4) == 0).ToArray();
        foreach (var connection in deaf)
            connection.StopReading();
        using var end = CancellationTokenSource.CreateLinkedTokenSource(token);
        end.CancelAfter(TimeSpan.FromSeconds(15));
        await Task.WhenAll(scene.Crowd.People.Select(person => person.TalkAsync(scene.Crowd.Ledger, Large, end.Token, token)));
        foreach (var connection in deaf)
            connection.Reset();
    });

    public static readonly Fault ComeAndGo = new("half of the devices go offline and come back", async (scene, token) =>
    {
        var leaving = scene.Crowd.Devices.Where(_ => scene.Random.Next(2) == 0).ToArray();
        await Task.WhenAll(leaving.Select(device => device.GoOfflineAsync()));
        await Task.Delay(TimeSpan.FromSeconds(6), token);
        await Task.WhenAll(leaving.Select(device => device.GoOnlineAsync()));
    });

    public static readonly Fault ReconnectStorm = new("every client loses its connection at once, three times", async (scene, token) =>
    {
        for (var i = 0; i < 3; i++)
        {
            scene.System.Front.Reset();
            await Task.Delay(TimeSpan.FromSeconds(2), token);
        }
    });

    /// <summary>Everybody writes as fast as the client lets it, with many messages under way.</summary>
    public static Fault Overload(TimeSpan length) => new($"everybody writes without a pause for {length.TotalSeconds:F0} s", async (scene, token) =>
    {
        var before = scene.System.Processes.Sum(process => process.ResidentBytes);
        var normal = await Probe.NormalAsync(scene.Crowd, CalmAgain, token);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(token);
        end.CancelAfter(length);
        await Flood.Overload.RunAsync(scene.Crowd, end.Token, token);
        var after = scene.System.Processes.Sum(process => process.ResidentBytes);
        // A machine is noisy: twice the slowest of before is normal.
        var calm = await Probe.BackToAsync(scene.Crowd, 2 * normal, CalmAgain, token);
        if (calm >= CalmAgain)
            scene.Complain($"messages take longer than {2 * normal.TotalSeconds:F1} s for {calm.TotalSeconds:F0} s after the flood; they took {normal.TotalSeconds:F1} s before it");
        if (after > before + MostMemory)
            scene.Complain($"the processes hold {after >> 20} MiB after the flood and held {before >> 20} MiB before it");
    });
}
