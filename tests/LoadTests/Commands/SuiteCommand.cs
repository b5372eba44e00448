using System.CommandLine;
using System.Text.Json;
using ImDapr.LoadTests.Modes;
using ImDapr.LoadTests.Reports;

namespace ImDapr.LoadTests.Commands;

/// <summary><c>all</c>.</summary>
internal static class SuiteCommand
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    public static Command Create()
    {
        var repeat = CommonOptions.Bounded("--repeat", 3, 1, 9, "Runs of each, of which the median counts");
        var only = new Option<string>("--only") { Description = "One part of it", DefaultValueFactory = _ => "" };
        only.AcceptOnlyFromAmong("", "direct", "group", "timelines", "offline", "idle");
        var command = new Command("all", "Every target, one after the other, and one table of what was reached") { repeat, only };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var suite = new Suite(parsed.GetValue(repeat), parsed.GetValue(only)!, cancellationToken);
            var lines = await suite.RunAsync();
            var folder = Directory.CreateDirectory(ReportFiles.FolderOf("all")).FullName;
            await File.WriteAllTextAsync(Path.Combine(folder, "targets.md"), Suite.Table(lines), cancellationToken);
            await File.WriteAllTextAsync(Path.Combine(folder, "targets.json"), JsonSerializer.Serialize(lines, Json), cancellationToken);
            Console.WriteLine(Suite.Table(lines));
            return suite.IsClean ? 0 : 1;
        });
        return command;
    }
}
