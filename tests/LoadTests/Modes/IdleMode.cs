using ImDapr.LoadTests.Bare;
using ImDapr.LoadTests.Clients;
using ImDapr.LoadTests.Measuring;
using ImDapr.LoadTests.Reports;

namespace ImDapr.LoadTests.Modes;

/// <summary>Thousands are connected and say nothing; then the same with a bare SignalR hub.</summary>
internal static class IdleMode
{
    public const string KibibytesEach = "RSS KiB per connection, all servers";
    public const string BareKibibytesEach = $"bare: {KibibytesEach}";
    public const string IdleCpu = "idle CPU of all servers, % of a core";
    private const string Bare = "bare: ";

    // What compilers still do about the connects is not what idle connections cost.
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(10);

    public static async Task<LoadReport> RunAsync(string name, ConnectionsOptions options, CancellationToken cancellationToken)
    {
        var figures = new Dictionary<string, double>();
        var (window, outcome) = await OwnAsync(options, figures, cancellationToken);
        await BareAsync(options, figures, cancellationToken);
        return new LoadReport { Name = name, Settings = options.Describe(), Window = window, Outcome = outcome, Figures = figures };
    }

    private static async Task<(WindowResult, Outcome)> OwnAsync(ConnectionsOptions options, Dictionary<string, double> figures, CancellationToken cancellationToken)
    {
        await using var session = await Session.StartAsync(new ClientOptions(), options.Connections, options.Connections, new Dictionary<string, string>(), cancellationToken);
        Opened.Run(session.Loop, session.Crowd, session.Processes, options, cancellationToken).AddTo(figures, "");
        await Window.AskAsync(session.System, session.Stores, cancellationToken);
        session.Loop.RunFor(Settling, cancellationToken);
        var measured = await session.BeginUntimedAsync(cancellationToken);
        session.Loop.RunFor(options.Idle, cancellationToken);
        var window = await measured.EndAsync(cancellationToken);
        figures[IdleCpu] = window.Processes.Where(LoadReport.IsServer).Sum(process => process.Value.CpuSeconds) / window.Seconds * 100;
        return (window, session.Settle(cancellationToken));
    }

    private static async Task BareAsync(ConnectionsOptions options, Dictionary<string, double> figures, CancellationToken cancellationToken)
    {
        Progress.Say("the same with a bare hub");
        await using var bare = await BareProcess.StartAsync(cancellationToken);
        using var loop = new EventLoop();
        using var crowd = new Crowd(loop, bare.Hub, new ClientOptions());
        for (var user = 0; user < options.Connections; user++)
            crowd.Add(Systems.Accounts.IdOf(user), Systems.Accounts.IdOf(user));
        var processes = Processes.Find();
        Opened.Run(loop, crowd, processes, options, cancellationToken).AddTo(figures, Bare);
        loop.RunFor(Settling, cancellationToken);
        var before = processes.Usage();
        loop.RunFor(options.Idle, cancellationToken);
        var after = processes.Usage();
        figures[$"{Bare}{IdleCpu}"] = after.Where(process => process.Key != Processes.Generator).Sum(process => process.Value.CpuSeconds - before[process.Key].CpuSeconds)
            / options.Idle.TotalSeconds * 100;
        figures["RSS per connection, times that of the bare hub"] = figures[KibibytesEach] / figures[BareKibibytesEach];
    }
}
