using System.CommandLine;
using ImDapr.LoadTests.Commands;
using ImDapr.LoadTests.Modes;
using ImDapr.LoadTests.Reports;

var quick = new Option<bool>("--quick") { Description = "A few seconds of the modes direct and offline, to see that they work" };
var root = new RootCommand("Sets a whole ImDapr under load on this machine, measures it, and checks that every message arrives once and in order.")
{
    quick,
    DirectCommand.Create(), GroupCommand.Create(), OfflineCommand.Create(),
    ConnectionsCommands.CreateIdle(), ConnectionsCommands.CreateConnectStorm(), SuiteCommand.Create(), BareCommand.Create(),
};
root.SetAction(async (parsed, cancellationToken) =>
{
    if (!parsed.GetValue(quick))
        return await root.Parse(["--help"]).InvokeAsync(cancellationToken: cancellationToken);
    var reports = await QuickMode.RunAsync(cancellationToken);
    foreach (var report in reports)
        await ReportFiles.PublishAsync(report, cancellationToken);
    return reports.All(report => report.IsClean && report.Outcome!.Delivered > 0) ? 0 : 1;
});
return await root.Parse(args).InvokeAsync();
