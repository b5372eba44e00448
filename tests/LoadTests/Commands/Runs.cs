using ImDapr.LoadTests.Reports;

namespace ImDapr.LoadTests.Commands;

/// <summary>What every run ends with.</summary>
internal static class Runs
{
    /// <returns>The exit code: 1 when something was lost, came twice or out of order, or nothing came at all.</returns>
    public static async Task<int> PublishAsync(Task<LoadReport> run, CancellationToken cancellationToken)
    {
        var report = await run;
        await ReportFiles.PublishAsync(report, cancellationToken);
        return report.IsClean ? 0 : 1;
    }
}
