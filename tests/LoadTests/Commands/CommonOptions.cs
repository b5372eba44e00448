using System.CommandLine;
using ImDapr.LoadTests.Clients;

namespace ImDapr.LoadTests.Commands;

/// <summary>Options that several commands have. A value out of its bounds is refused before anything starts.</summary>
internal sealed class CommonOptions
{
    public Option<string?> Name { get; } = new("--name") { Description = "Folder of the report in artifacts/load" };

    public Option<double?> Rate { get; } = BoundedOrNone("--rate", 0.1, 100_000.0, "Messages a second over all, instead of a closed loop");

    public Option<double> Seconds { get; } = Bounded("--seconds", 20.0, 1, 3_600, "Measured time");

    public Option<double> WarmUp { get; } = Bounded("--warm-up", 10.0, 0, 600, "Load before the measurement, for the just-in-time compiler");

    public Option<int> Bytes { get; } = Bounded("--bytes", 100, 1, 16_000, "Length of the text");

    public Option<int> AckAfter { get; } = Bounded("--ack-every", 200, 1, 60_000, "Milliseconds from a new entry until the cursor is told; tools/Chat waits 200");

    public Option<int> AckEntries { get; } = Bounded("--ack-entries", 0, 0, 10_000, "Tell the cursor as soon as there are so many new entries; 0: never, as tools/Chat");

    public void AddTo(Command command)
    {
        foreach (var option in new Option[] { Name, Seconds, WarmUp, Bytes, AckAfter, AckEntries })
            command.Options.Add(option);
    }

    public ClientOptions ClientsOf(ParseResult parsed) => new()
    {
        AcknowledgeAfter = TimeSpan.FromMilliseconds(parsed.GetValue(AckAfter)),
        AcknowledgeEntries = parsed.GetValue(AckEntries),
    };

    /// <summary>A value that depends on others when it is not given.</summary>
    public static Option<T?> BoundedOrNone<T>(string name, T least, T most, string description)
        where T : struct, IComparable<T>
    {
        var option = new Option<T?>(name) { Description = $"{description} ({least} to {most})" };
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<T?>() is { } given && (given.CompareTo(least) < 0 || given.CompareTo(most) > 0))
                result.AddError($"{name} is {least} to {most}.");
        });
        return option;
    }

    public static Option<T> Bounded<T>(string name, T value, T least, T most, string description)
        where T : struct, IComparable<T>
    {
        var option = new Option<T>(name) { Description = $"{description} ({least} to {most})", DefaultValueFactory = _ => value };
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<T>() is var given && (given.CompareTo(least) < 0 || given.CompareTo(most) > 0))
                result.AddError($"{name} is {least} to {most}.");
        });
        return option;
    }
}
