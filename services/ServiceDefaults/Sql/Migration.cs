using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;

namespace ImDapr.ServiceDefaults.Sql;

/// <summary>One embedded file <c>Migrations/0001_what.sql</c>: statements that each end with a semicolon at a line's end.</summary>
public sealed partial record Migration(int Number, string Name, IReadOnlyList<string> Statements)
{
    /// <exception cref="InvalidOperationException">Two files carry the same number.</exception>
    public static IReadOnlyList<Migration> ReadAll(Assembly assembly)
    {
        var migrations = assembly.GetManifestResourceNames()
            .Select(name => (Name: name, Match: FileName().Match(name)))
            .Where(file => file.Match.Success)
            .Select(file => Read(assembly, file.Name, file.Match))
            .OrderBy(migration => migration.Number)
            .ToList();
        return migrations.DistinctBy(migration => migration.Number).Count() == migrations.Count
            ? migrations
            : throw new InvalidOperationException($"Two migrations of {assembly.GetName().Name} carry the same number");
    }

    private static Migration Read(Assembly assembly, string resource, Match name)
    {
        using var reader = new StreamReader(assembly.GetManifestResourceStream(resource)!);
        var statements = Split().Split(reader.ReadToEnd()).Select(text => text.Trim().TrimEnd(';')).Where(text => text.Length > 0);
        return new Migration(int.Parse(name.Groups["number"].Value, CultureInfo.InvariantCulture), name.Groups["name"].Value, [.. statements]);
    }

    [GeneratedRegex(@"\.Migrations\.(?<name>(?<number>\d{4})_\w+)\.sql$")]
    private static partial Regex FileName();

    [GeneratedRegex(@"(?<=;)[ \t]*\r?\n")]
    private static partial Regex Split();
}

/// <summary>The column that a statement <c>ALTER TABLE t ADD COLUMN c …</c> adds.</summary>
public sealed partial record AddedColumn(string Table, string Column)
{
    /// <summary>Null for every other statement.</summary>
    public static AddedColumn? Of(string statement) =>
        Statement().Match(statement) is { Success: true } match ? new(match.Groups["table"].Value, match.Groups["column"].Value) : null;

    [GeneratedRegex(@"\A\s*(?:--[^\n]*\n\s*)*ALTER\s+TABLE\s+(?<table>\w+)\s+ADD\s+COLUMN\s+(?<column>\w+)", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Statement();
}
