using System.Text.Json;
using ImDapr.IntegrationTests.Stacks;

namespace ImDapr.LoadTests.Reports;

/// <summary>A report as text, JSON and picture in <c>artifacts/load/{name}/</c>.</summary>
internal static class ReportFiles
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    public static string FolderOf(string name) => Path.Combine(Repository.Artifacts, "load", name);

    /// <summary>Prints it and writes its files.</summary>
    public static async Task PublishAsync(LoadReport report, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateDirectory(FolderOf(report.Name)).FullName;
        var text = ReportText.Of(report);
        Console.WriteLine(text);
        await File.WriteAllTextAsync(Path.Combine(folder, "report.txt"), text, cancellationToken);
        await File.WriteAllTextAsync(Path.Combine(folder, "report.json"), JsonSerializer.Serialize(report, Json), cancellationToken);
        if (report.Window is { } window)
            ReportPicture.Write(window, report.Name, Path.Combine(folder, "report.png"));
        Console.WriteLine($"written to {Path.GetRelativePath(Repository.Root, folder)}");
    }
}
