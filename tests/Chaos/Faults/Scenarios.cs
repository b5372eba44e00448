using ImDapr.Contracts;

namespace ImDapr.Chaos.Faults;

/// <summary>The faults of a run, in their order.</summary>
internal static class Scenarios
{
    public static readonly IReadOnlyList<Fault> All =
    [
        new Fault("none", (_, token) => Task.Delay(TimeSpan.FromSeconds(3), token)),
        ProcessFaults.Kill(DaprNames.MessageService) with { Short = ShortForm.Embedded },
        ProcessFaults.Kill(DaprNames.ConnectionService) with { Short = ShortForm.Embedded },
        ProcessFaults.Kill(DaprNames.UserService),
        ProcessFaults.KillDapr with { Short = ShortForm.Servers },
        StoreFaults.RestartRedis with { Short = ShortForm.Servers },
        StoreFaults.RestartDatabase with { Short = ShortForm.Servers },
        StoreFaults.LoseRedis with { Short = ShortForm.Servers },
        ClientFaults.Vanish,
        ClientFaults.ComeAndGo with { Short = ShortForm.Embedded },
        ProcessFaults.RollingRestart("rolling restart of connection-service", system => system.Of(DaprNames.ConnectionService)),
        ProcessFaults.RollingRestart("rolling restart of every service", system => system.Instances),
        ProcessFaults.Pause(DaprNames.MessageService),
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
        ProcessFaults.RollingRestart("rolling restart of every service, the other way round", system => system.Instances.Reverse()),
        ClientFaults.Overload(TimeSpan.FromSeconds(60)),
        ProcessFaults.KillEverything with { Short = ShortForm.Both },
    ];
}
