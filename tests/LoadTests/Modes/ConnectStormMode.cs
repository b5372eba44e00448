using ImDapr.LoadTests.Clients;
using ImDapr.LoadTests.Reports;

namespace ImDapr.LoadTests.Modes;

/// <summary>Thousands connect as fast as they can, as after an outage.</summary>
internal static class ConnectStormMode
{
    public static async Task<LoadReport> RunAsync(string name, ConnectionsOptions options, CancellationToken cancellationToken)
    {
        await using var session = await Session.StartAsync(new ClientOptions(), options.Connections, options.Connections, new Dictionary<string, string>(), cancellationToken);
        var figures = new Dictionary<string, double>();
        Opened.Run(session.Loop, session.Crowd, session.Processes, options, cancellationToken).AddTo(figures, "");
        return new LoadReport { Name = name, Settings = options.Describe(), Outcome = session.Settle(cancellationToken), Figures = figures };
    }
}
