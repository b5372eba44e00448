using ImDapr.LoadTests.Measuring;

namespace ImDapr.LoadTests.Reports;

/// <summary>All that a run found out.</summary>
internal sealed record LoadReport
{
    public required string Name { get; init; }

    /// <summary>What was asked for.</summary>
    public required IReadOnlyDictionary<string, string> Settings { get; init; }

    public DateTimeOffset At { get; init; } = DateTimeOffset.Now;

    public IReadOnlyDictionary<string, string> Environment { get; init; } = RunEnvironment.Describe();

    public WindowResult? Window { get; init; }

    public Outcome? Outcome { get; init; }

    /// <summary>What only this mode measures, with the unit in the name.</summary>
    public IReadOnlyDictionary<string, double> Figures { get; init; } = new Dictionary<string, double>();

    /// <summary>Everything that was sent came as promised; where something was sent, something came.</summary>
    public bool IsClean => Outcome is null || (Outcome.IsClean && Outcome.Delivered > 0 == Outcome.Sent > 0);

    public double AcknowledgedPerSecond => Window is null ? 0 : Window.Acknowledged / Window.Seconds;

    public double DeliveredPerSecond => Window is null ? 0 : Window.Delivered / Window.Seconds;

    /// <summary>CPU milliseconds of all server processes for one delivered message.</summary>
    public double ServerCpuPerDelivery => Window is null ? 0 : Window.Processes.Where(IsServer).Sum(process => process.Value.CpuSeconds) * 1_000 / Math.Max(1, Window.Delivered);

    public double GeneratorCpuPerDelivery => Window is null ? 0 : Window.Processes[Processes.Generator].CpuSeconds * 1_000 / Math.Max(1, Window.Delivered);

    public double SqlPerMessage => Window is null ? 0 : Window.StoreOperations.MySql / Math.Max(1, Window.Acknowledged);

    public double RedisPerMessage => Window is null ? 0 : Window.StoreOperations.Redis / Math.Max(1, Window.Acknowledged);

    public static bool IsServer(KeyValuePair<string, ProcessCost> process) => process.Key != Processes.Generator;
}
