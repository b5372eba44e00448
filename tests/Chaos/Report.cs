using System.Diagnostics;
using Spectre.Console;

namespace ImDapr.Chaos;

/// <summary>Says how the run goes, and at its end the one table and the line that counts.</summary>
internal sealed class Report(ChaosOptions options)
{
    private const int DetailsPerFault = 12;
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly List<Outcome> _outcomes = [];

    public void Begin(string fault) => Console.WriteLine($"[{_clock.Elapsed:mm\\:ss}] {fault}");

    public void Add(Outcome outcome)
    {
        _outcomes.Add(outcome);
        Console.WriteLine(
            $"[{_clock.Elapsed:mm\\:ss}]   {outcome.Acknowledged} acknowledged, resumed after {outcome.Resumed.TotalSeconds:F1} s, everywhere after {outcome.Converged.TotalSeconds:F1} s: "
            + (outcome.Verdict.IsClean ? "passed" : "FAILED"));
        var all = outcome.Verdict.All.ToArray();
        foreach (var detail in all.Take(DetailsPerFault))
            Console.WriteLine($"          {detail}");
        if (all.Length > DetailsPerFault)
            Console.WriteLine($"          and {all.Length - DetailsPerFault} more");
    }

    /// <summary>The run itself broke: whatever comes after it was not tried.</summary>
    public void Break(Exception cause) => Console.WriteLine($"[{_clock.Elapsed:mm\\:ss}] FAILED: the run ended early: {cause}");

    /// <returns>The exit code: 0 when every fault was borne.</returns>
    public int Finish(bool isBroken)
    {
        var table = new Table().Title($"chaos on {(options.IsEmbedded ? "embedded" : "Redis + MariaDB")}, seed {options.Seed}").Border(TableBorder.Minimal);
        table.AddColumn("fault");
        foreach (var column in (string[])["acknowledged", "refused", "unanswered", "resumed s", "everywhere s", "lost", "twice", "disorder", "gaps", "disagree", "other"])
            table.AddColumn(new TableColumn(column).RightAligned());
        foreach (var o in _outcomes)
            table.AddRow(
                o.Fault.EscapeMarkup(), $"{o.Acknowledged}", $"{o.Refused}", $"{o.Unanswered}", $"{o.Resumed.TotalSeconds:F1}", $"{o.Converged.TotalSeconds:F1}",
                $"{o.Verdict.Lost.Count}", $"{o.Verdict.Duplicates.Count}", $"{o.Verdict.Disorders.Count}", $"{o.Verdict.Gaps.Count}",
                $"{o.Verdict.Disagreements.Count}", $"{o.Verdict.Others.Count}");
        AnsiConsole.Profile.Width = 200;
        AnsiConsole.Write(table);
        var failed = _outcomes.Count(outcome => !outcome.Verdict.IsClean) + (isBroken ? 1 : 0);
        Console.WriteLine($"{_outcomes.Sum(outcome => outcome.Acknowledged)} messages acknowledged in {_clock.Elapsed:mm\\:ss}");
        Console.WriteLine($"{_outcomes.Count(outcome => outcome.Verdict.IsClean)} passed, {failed} failed");
        return failed == 0 ? 0 : 1;
    }
}
