using ImDapr.ServiceDefaults.Settings;
using Serilog.Events;

namespace ImDapr.ServiceDefaults.Hosting;

[Settings("Log")]
public sealed class LogOptions
{
    /// <summary>Least level that is logged.</summary>
    public LogEventLevel Level { get; init; } = LogEventLevel.Information;

    /// <summary>One JSON object per line (Serilog compact), for a platform; else text for a person.</summary>
    public bool Json { get; init; }
}
