using System.CommandLine;
using ImDapr.LoadTests.Modes;
using ImDapr.LoadTests.Reports;

namespace ImDapr.LoadTests.Commands;

/// <summary><c>idle</c> and <c>connect-storm</c>.</summary>
internal static class ConnectionsCommands
{
    // Client and hub each have a file for a connection, and 20,000 is what a process may open here.
    private const int MostConnections = 18_000;

    public static Command CreateIdle() => Create("idle", "Thousands are connected and say nothing; compared with a bare SignalR hub", 30, IdleMode.RunAsync);

    public static Command CreateConnectStorm() => Create("connect-storm", "Thousands connect as fast as they can", 0, ConnectStormMode.RunAsync);

    private static Command Create(string name, string description, double idleSeconds, Func<string, ConnectionsOptions, CancellationToken, Task<LoadReport>> run)
    {
        var common = new CommonOptions();
        var connections = CommonOptions.Bounded("--connections", 15_000, 20, MostConnections, "Users, each with one connection");
        var opening = CommonOptions.Bounded("--opening", 64, 1, 1_000, "Connections that may be opening at once");
        var command = new Command(name, description) { common.Name, connections, opening };
        var seconds = CommonOptions.Bounded("--seconds", idleSeconds, 0, 3_600, "Idle time that is measured");
        if (idleSeconds > 0)
            command.Options.Add(seconds);
        command.SetAction((parsed, cancellationToken) =>
        {
            var idle = idleSeconds > 0 ? parsed.GetValue(seconds) : 0;
            var options = new ConnectionsOptions(parsed.GetValue(connections), parsed.GetValue(opening), TimeSpan.FromSeconds(idle));
            return Runs.PublishAsync(run(parsed.GetValue(common.Name) ?? name, options, cancellationToken), cancellationToken);
        });
        return command;
    }
}
