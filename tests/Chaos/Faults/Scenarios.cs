using ImDapr.Contracts;

namespace ImDapr.Chaos.Faults;

/// <summary>The faults of a run, in their order.</summary>
internal static class Scenarios
{
    public static readonly IReadOnlyList<Fault> All =
    [
        new Fault("none", (_, token) => Task.Delay(TimeSpan.FromSeconds(5), token), IsInShort: true),
        ProcessFaults.Kill(DaprNames.MessageService, isInShort: true),
        ProcessFaults.Kill(DaprNames.ConnectionService, isInShort: true),
        ProcessFaults.Kill(DaprNames.UserService),
        ProcessFaults.KillDapr,
        StoreFaults.RestartRedis,
        StoreFaults.RestartDatabase,
        StoreFaults.LoseRedis,
        ClientFaults.Vanish,
        ClientFaults.ComeAndGo,
        ProcessFaults.RollingRestart("rolling restart of every service", backwards: false, isInShort: true),
        ProcessFaults.Pause(DaprNames.MessageService, isInShort: true),
        ProcessFaults.Pause(DaprNames.ConnectionService),
        ProcessFaults.Pause(DaprNames.UserService),
        ProcessFaults.PauseDapr,
        StoreFaults.PauseRedis,
        StoreFaults.FlushRedis,
        StoreFaults.FillRedis,
        StoreFaults.CutRedis,
        StoreFaults.RefuseDatabase,
        StoreFaults.PauseDatabase,
        StoreFaults.SlowDatabase,
        ProcessFaults.CutFromSidecar(DaprNames.MessageService),
        ProcessFaults.CutFromSidecar(DaprNames.ConnectionService),
        ProcessFaults.CutFromSidecar(DaprNames.UserService),
        ClientFaults.ReadNothing,
        ClientFaults.ReconnectStorm,
        ProcessFaults.JumpClock(DaprNames.MessageService, +10),
        ProcessFaults.JumpClock(DaprNames.ConnectionService, -10),
        ProcessFaults.JumpClock(DaprNames.UserService, +10),
        ProcessFaults.KillAll(DaprNames.MessageService),
        ProcessFaults.KillAll(DaprNames.ConnectionService),
        ProcessFaults.KillDuringRedisRestart,
        ProcessFaults.RollingRestart("rolling restart of every service, the other way round", backwards: true),
        ClientFaults.Overload(TimeSpan.FromSeconds(60)),
        ProcessFaults.KillEverything,
    ];
}
