using System.Globalization;

namespace ImDapr.LoadTests.Measuring;

/// <summary>What one process has used: CPU seconds since its start (user and system), resident bytes now.</summary>
internal readonly record struct ProcessUsage(double CpuSeconds, long ResidentBytes)
{
    // Ticks of /proc/<pid>/stat: sysconf(_SC_CLK_TCK) is 100 on every Linux that .NET runs on.
    private const double TicksPerSecond = 100;
    private const int PageBytes = 4096;

    /// <exception cref="IOException">There is no such process.</exception>
    public static ProcessUsage Of(int processId)
    {
        var fields = Fields(processId);
        // Fields 14 and 15 of proc(5), counted behind the name: utime, stime; 24: resident pages.
        return new ProcessUsage((Number(fields[11]) + Number(fields[12])) / TicksPerSecond, Number(fields[21]) * PageBytes);
    }

    public static int ParentOf(int processId) => (int)Number(Fields(processId)[1]);

    // The name stands in parentheses and may hold anything.
    private static string[] Fields(int processId)
    {
        var stat = File.ReadAllText($"/proc/{processId}/stat");
        return stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
    }

    private static long Number(string field) => long.Parse(field, CultureInfo.InvariantCulture);
}
