using System.Globalization;

namespace ImDapr.LoadTests.Measuring;

/// <summary>How many files a process may have open. The services inherit it, and each connection is a file at both ends.</summary>
internal static class OpenFiles
{
    /// <summary>Beside connections: assemblies, logs, stores.</summary>
    private const int Reserve = 1_000;

    /// <exception cref="InvalidOperationException">So many connections do not fit.</exception>
    public static void Check(int connections)
    {
        var line = File.ReadLines("/proc/self/limits").First(line => line.StartsWith("Max open files", StringComparison.Ordinal));
        var hard = line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[4];
        if (hard != "unlimited" && long.Parse(hard, CultureInfo.InvariantCulture) < connections + Reserve)
            throw new InvalidOperationException($"{connections} connections need {connections + Reserve} open files and a process may have {hard}: raise the limit (ulimit -n) or ask for fewer.");
    }
}
