using System.Text.RegularExpressions;
using ImDapr.IntegrationTests.Stacks;

namespace ImDapr.KubernetesTests.Rendering;

/// <summary>Files of the repository that manifests have to agree with.</summary>
internal static partial class Sources
{
    public static string Read(params string[] path) => File.ReadAllText(Path.Combine([Repository.Root, .. path])).ReplaceLineEndings("\n");

    /// <summary>All files with this ending below a folder, by their path in the repository.</summary>
    public static Dictionary<string, string> Below(string folder, string ending) =>
        Directory.EnumerateFiles(Path.Combine(Repository.Root, folder), $"*{ending}", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(Repository.Root, file))
            .Where(file => !Outputs().IsMatch(file))
            .ToDictionary(file => file, file => Read(file));

    /// <summary>Rows of every table of a Markdown text whose first column is headed so.</summary>
    public static IEnumerable<string[]> Rows(string markdown, string head)
    {
        var inside = false;
        foreach (var line in markdown.Split('\n'))
        {
            if (!line.StartsWith('|'))
                inside = false;
            else if (line.StartsWith($"| {head} |", StringComparison.Ordinal))
                inside = true;
            else if (inside && !line.StartsWith("| ---", StringComparison.Ordinal))
                yield return [.. Separators().Split(line)[1..^1].Select(cell => cell.Trim().Replace("\\|", "|", StringComparison.Ordinal))];
        }
    }

    /// <summary>What stands in backticks.</summary>
    public static IEnumerable<string> Names(string markdown) => Backticks().Matches(markdown).Select(match => match.Groups[1].Value);

    [GeneratedRegex(@"(?<!\\)\|")]
    private static partial Regex Separators();

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Backticks();

    [GeneratedRegex(@"(^|/)(bin|obj)/")]
    private static partial Regex Outputs();
}
