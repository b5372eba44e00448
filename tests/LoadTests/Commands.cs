using System.CommandLine;
using ImDapr.LoadTests.Clients;
using ImDapr.LoadTests.Modes;
using ImDapr.LoadTests.Reports;

namespace ImDapr.LoadTests;

/// <summary>Options that several commands have. A value out of its bounds is refused before anything starts.</summary>
internal sealed class CommonOptions
{
    public Option<string?> Name { get; } = new("--name") { Description = "Folder of the report in artifacts/load" };

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

/// <summary><c>direct</c>.</summary>
internal static class DirectCommand
{
    public static Command Create()
    {
        var common = new CommonOptions();
        var users = CommonOptions.Bounded("--users", 400, 2, 15_000, "Users, each with one device; an even number");
        var window = CommonOptions.Bounded("--window", 4, 1, 256, "Messages on their way, of each user");
        var peers = CommonOptions.Bounded("--peers", 1, 1, 100, "Others to whom each user talks");
        var rate = new Option<double?>("--rate") { Description = "Messages a second over all users, instead of a closed loop" };
        var command = new Command("direct", "Users talk to each other in pairs") { users, window, peers, rate };
        common.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var options = new DirectOptions(
                parsed.GetValue(users) / 2 * 2, parsed.GetValue(peers), parsed.GetValue(window), parsed.GetValue(rate), parsed.GetValue(common.Bytes),
                TimeSpan.FromSeconds(parsed.GetValue(common.WarmUp)), TimeSpan.FromSeconds(parsed.GetValue(common.Seconds)), common.ClientsOf(parsed));
            return await Runs.PublishAsync(DirectMode.RunAsync(parsed.GetValue(common.Name) ?? "direct", options, cancellationToken), cancellationToken);
        });
        return command;
    }
}

/// <summary><c>group</c>.</summary>
internal static class GroupCommand
{
    // Above it not every member can have a connection of its own here.
    private const int AllOnline = 2_000;
    private const int OnlineOfMany = 500;
    private const int UsersByDefault = 500;

    public static Command Create()
    {
        var common = new CommonOptions();
        var size = CommonOptions.Bounded("--size", 500, 2, 10_000, "Members of a group");
        var groups = new Option<int?>("--groups") { Description = $"Groups; as many as have {UsersByDefault} members together" };
        var online = new Option<int?>("--online") { Description = $"Connected members of each group; everybody up to {AllOnline}, {OnlineOfMany} of more" };
        var senders = CommonOptions.Bounded("--senders", 5, 1, 10_000, "Connected members of each group who write");
        var window = CommonOptions.Bounded("--window", 4, 1, 200, "Messages on their way, of each sender");
        var rate = new Option<double?>("--rate") { Description = "Messages a second over all groups, instead of a closed loop" };
        var timeline = new Option<bool>("--timeline") { Description = "Read as a timeline whatever the size" };
        var command = new Command("group", "Some members of groups write, the others read") { size, groups, online, senders, window, rate, timeline };
        common.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var members = parsed.GetValue(size);
            var connected = Math.Clamp(parsed.GetValue(online) ?? (members <= AllOnline ? members : OnlineOfMany), 2, members);
            var options = new GroupOptions(
                members, Math.Max(1, parsed.GetValue(groups) ?? UsersByDefault / members), connected, Math.Min(parsed.GetValue(senders), connected), parsed.GetValue(window),
                parsed.GetValue(rate), parsed.GetValue(timeline), parsed.GetValue(common.Bytes),
                TimeSpan.FromSeconds(parsed.GetValue(common.WarmUp)), TimeSpan.FromSeconds(parsed.GetValue(common.Seconds)), common.ClientsOf(parsed));
            return await Runs.PublishAsync(GroupMode.RunAsync(parsed.GetValue(common.Name) ?? $"group-{members}", options, cancellationToken), cancellationToken);
        });
        return command;
    }
}

/// <summary><c>offline</c>.</summary>
internal static class OfflineCommand
{
    public static Command Create()
    {
        var common = new CommonOptions();
        var users = CommonOptions.Bounded("--users", 200, 1, 10_000, "Users who are away");
        var messages = CommonOptions.Bounded("--messages", 1_000, 1, 50_000, "Messages that each of them gets meanwhile");
        var senders = CommonOptions.Bounded("--senders", 50, 1, 5_000, "Users who write to them");
        var window = CommonOptions.Bounded("--window", 16, 1, 200, "Messages on their way, of each sender");
        var command = new Command("offline", "Users are away, get messages, and all come back at once") { common.Name, users, messages, senders, window, common.Bytes };
        command.SetAction((parsed, cancellationToken) =>
        {
            var options = new OfflineOptions(
                parsed.GetValue(users), parsed.GetValue(messages), parsed.GetValue(senders), parsed.GetValue(window), parsed.GetValue(common.Bytes), new());
            return Runs.PublishAsync(OfflineMode.RunAsync(parsed.GetValue(common.Name) ?? "offline", options, cancellationToken), cancellationToken);
        });
        return command;
    }
}

/// <summary>What every run ends with.</summary>
internal static class Runs
{
    /// <returns>The exit code: 1 when something was lost, came twice or out of order, or nothing came at all.</returns>
    public static async Task<int> PublishAsync(Task<LoadReport> run, CancellationToken cancellationToken)
    {
        var report = await run;
        await ReportFiles.PublishAsync(report, cancellationToken);
        return report.IsClean ? 0 : 1;
    }
}
