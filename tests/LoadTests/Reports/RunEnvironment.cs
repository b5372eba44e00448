using System.Runtime.InteropServices;
using ImDapr.LoadTests.Systems;

namespace ImDapr.LoadTests.Reports;

/// <summary>What the numbers depend on beside the system itself.</summary>
internal static class RunEnvironment
{
    public static IReadOnlyDictionary<string, string> Describe()
    {
        var facts = new Dictionary<string, string>
        {
            ["machine"] = $"{Environment.ProcessorCount} cores, {Cpu()}, {GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / (1024 * 1024 * 1024)} GiB",
            ["load before"] = File.ReadAllText("/proc/loadavg").Split(' ')[0],
            ["runtime"] = $"{RuntimeInformation.FrameworkDescription} on {RuntimeInformation.OSDescription}",
            ["builds"] = string.Join(", ", BuildConfiguration.OfAll().Select(build => $"{build.Key} {build.Value}")),
            ["stores"] = "Redis appendonly everysec, rewritten from 1 GiB; MariaDB innodb_flush_log_at_trx_commit=1; one machine, loopback",
            ["limits"] = "rate limits of the services raised to 1,000,000/s",
        };
        var runtime = Environment.GetEnvironmentVariables().Keys.Cast<string>().Where(name => name.StartsWith("DOTNET_", StringComparison.Ordinal) && !Harmless.Contains(name));
        var settings = string.Join(", ", runtime.Order(StringComparer.Ordinal).Select(name => $"{name}={Environment.GetEnvironmentVariable(name)}"));
        facts["runtime settings"] = settings.Length == 0 ? "defaults" : settings;
        return facts;
    }

    private static readonly HashSet<string> Harmless = ["DOTNET_CLI_TELEMETRY_OPTOUT", "DOTNET_NOLOGO", "DOTNET_ROOT", "DOTNET_HOST_PATH", "DOTNET_CLI_TELEMETRY_SESSIONID"];

    private static string Cpu() =>
        File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1].Trim() ?? "unknown CPU";
}
