using ImDapr.Chaos.Checks;
using ImDapr.Chaos.Faults;
using ImDapr.Chaos.Processes;
using ImDapr.Chaos.Traffic;
using ImDapr.IntegrationTests.Stacks;

namespace ImDapr.Chaos;

/// <summary>One fault and what it did.</summary>
internal sealed record Outcome(string Fault, int Acknowledged, long Refused, long Unanswered, TimeSpan Resumed, TimeSpan Converged, Verdict Verdict);

/// <summary>One system, one crowd that talks, one fault after the other; after each the crowd falls silent and everything is checked.</summary>
internal sealed class ChaosRun(ChaosOptions options, Report report)
{
    private static readonly TimeSpan Steady = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan ProgressEvery = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan SilenceLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan ResumeLimit = TimeSpan.FromSeconds(60);

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        report.Begin("the system starts");
        var logs = options.Previous is not null ? "upgrade" : options.IsEmbedded ? "embedded" : "servers";
        await using var system = await ChaosSystem.StartAsync(!options.IsEmbedded, options.Previous ?? Repository.Root, logs, cancellationToken);
        var size = options.IsShort || options.Previous is not null ? new CrowdSize(12, TimeSpan.FromMilliseconds(250)) : new CrowdSize(40, TimeSpan.FromMilliseconds(500));
        report.Begin($"{size.People} people register, found groups and connect");
        await using var crowd = await Crowd.StartAsync(size, system.Origin, options.Seed, cancellationToken);
        var auditor = new Auditor(crowd, EntitiesOf(system));
        var scene = new Scene(system, crowd, new Random(options.Seed));
        foreach (var fault in Chosen())
            report.Add(await TryAsync(fault, scene, auditor, cancellationToken));
        if (crowd.Ledger.Count < options.Messages)
            report.Add(await TryAsync(new Fault("none, until there are enough messages", (_, token) => EnoughAsync(crowd, token)), scene, auditor, cancellationToken));
    }

    private IEnumerable<Fault> Chosen() => options.Previous is { } previous ? Upgrades.From(previous, options.IsShort) : Scenarios.All.Where(fault =>
        (!options.IsShort || fault.Short.HasFlag(options.IsEmbedded ? ShortForm.Embedded : ShortForm.Servers))
        && !(options.IsEmbedded && fault.NeedsServers)
        && (options.Only is null || fault.Name.Contains(options.Only, StringComparison.OrdinalIgnoreCase)));

    private async Task EnoughAsync(Crowd crowd, CancellationToken cancellationToken)
    {
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var busy = Flood.Busy.RunAsync(crowd, enough.Token, cancellationToken);
        while (crowd.Ledger.Count < options.Messages)
        {
            await Task.Delay(ProgressEvery, cancellationToken);
            report.Begin($"{crowd.Ledger.Count} of {options.Messages} messages");
        }
        await enough.CancelAsync();
        await busy;
    }

    private async Task<Outcome> TryAsync(Fault fault, Scene scene, Auditor auditor, CancellationToken cancellationToken)
    {
        report.Begin(fault.Name);
        var ledger = scene.Crowd.Ledger;
        var (acknowledged, refused, unanswered) = (ledger.Count, ledger.Refused, ledger.Unanswered);
        scene.Crowd.Talk();
        await Task.Delay(Steady, cancellationToken);
        await fault.RunAsync(scene, cancellationToken);
        var resumed = await Probe.ResumedAsync(scene.Crowd, ResumeLimit, cancellationToken);
        // How soon depends on the machine, and is said in the table; that it does must hold anywhere.
        if (resumed >= ResumeLimit)
            scene.Complain($"service has not resumed within {ResumeLimit.TotalSeconds:F0} s");
        await Task.Delay(Steady, cancellationToken);
        await FallSilentAsync(scene);
        var verdict = await auditor.CheckAsync([.. scene.TakeComplaints(), .. AccidentsOf(scene)], cancellationToken);
        return new Outcome(
            fault.Name, ledger.Count - acknowledged, ledger.Refused - refused, ledger.Unanswered - unanswered, resumed, auditor.Convergence, verdict);
    }

    private static async Task FallSilentAsync(Scene scene)
    {
        try
        {
            await scene.Crowd.FallSilentAsync(SilenceLimit);
        }
        catch (TimeoutException)
        {
            scene.Complain($"a message was not acknowledged within {SilenceLimit.TotalSeconds} s after the fault was over");
        }
    }

    private static string[] AccidentsOf(Scene scene) =>
        [.. scene.System.Processes.SelectMany(process => Take(process.Accidents)), .. scene.Crowd.Devices.SelectMany(device => Take(device.Accidents))];

    private static string[] Take(List<string> list)
    {
        lock (list)
        {
            string[] all = [.. list];
            list.Clear();
            return all;
        }
    }

    private static IEntityCheck EntitiesOf(ChaosSystem system) =>
        system.Stores is { } stores ? TableCheck.MariaDb(stores.Database.ConnectionString) : TableCheck.Sqlite(system.EntitiesFile);
}
