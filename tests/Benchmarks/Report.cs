using System.Globalization;
using System.Text;

namespace ImDapr.Benchmarks;

/// <summary>Measures every hop beside its floor, some rounds in turn, and prints the medians.</summary>
internal sealed class Report(Plan plan)
{
    private readonly StringBuilder _lines = new();

    public async Task MeasureAsync(Hops hops, int inFlight, SystemUnderTest system, CancellationToken cancellationToken)
    {
        var floors = hops.Floors.Keys.ToDictionary(name => name, _ => new List<double>());
        var results = hops.All.ToDictionary(hop => hop.Name, _ => new List<Measurement>());
        for (var round = 0; round < plan.Rounds; round++)
        {
            foreach (var (name, call) in hops.Floors)
                floors[name].Add((await Load.RunAsync(call, inFlight, plan, () => 0, cancellationToken)).P50);
            foreach (var hop in hops.All)
                results[hop.Name].Add(await Load.RunAsync(hop.Call, inFlight, plan, system.CpuSeconds, cancellationToken));
            Console.Error.WriteLine($"{inFlight} in flight, round {round + 1} of {plan.Rounds}");
        }
        foreach (var hop in hops.All)
            Add(hop, inFlight, results[hop.Name], hop.Floor.Sum(name => Median(floors[name])));
    }

    public void Print()
    {
        Console.WriteLine();
        Console.WriteLine("| hop | in flight | calls/s | p50 µs | p95 µs | p99 µs | sidecar CPU µs/call | floor p50 µs | ratio | target |");
        Console.WriteLine("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
        Console.Write(_lines);
    }

    private void Add(Hop hop, int inFlight, List<Measurement> results, double floor)
    {
        double Of(Func<Measurement, double> value) => Median([.. results.Select(value)]);
        var p50 = Of(result => result.P50);
        _lines.AppendLine(string.Create(
            CultureInfo.InvariantCulture,
            $"| {hop.Name} | {inFlight} | {Of(result => result.PerSecond):0} | {p50:0} | {Of(result => result.P95):0} | {Of(result => result.P99):0} | {Of(result => result.SidecarCpu):0} | {floor:0} | {p50 / floor:0.00} | {(hop.Target is { } target ? $"≤ {target:0.0}" : "")} |"));
    }

    private static double Median(List<double> values)
    {
        values.Sort();
        return values[values.Count / 2];
    }
}
