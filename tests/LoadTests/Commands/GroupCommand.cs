using System.CommandLine;
using ImDapr.LoadTests.Modes;

namespace ImDapr.LoadTests.Commands;

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
        var groups = CommonOptions.BoundedOrNone("--groups", 1, 5_000, $"Groups; as many as have {UsersByDefault} members together");
        var online = CommonOptions.BoundedOrNone("--online", 2, 10_000, $"Connected members of each group; everybody up to {AllOnline}, {OnlineOfMany} of more");
        var senders = CommonOptions.Bounded("--senders", 5, 1, 10_000, "Connected members of each group who write");
        var window = CommonOptions.Bounded("--window", 4, 1, 200, "Messages on their way, of each sender");
        var timeline = new Option<bool>("--timeline") { Description = "Read as a timeline whatever the size" };
        var command = new Command("group", "Some members of groups write, the others read") { size, groups, online, senders, window, common.Rate, timeline };
        common.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var members = parsed.GetValue(size);
            var connected = Math.Clamp(parsed.GetValue(online) ?? (members <= AllOnline ? members : OnlineOfMany), 2, members);
            var options = new GroupOptions(
                members, Math.Max(1, parsed.GetValue(groups) ?? UsersByDefault / members), connected, Math.Min(parsed.GetValue(senders), connected), parsed.GetValue(window),
                parsed.GetValue(common.Rate), parsed.GetValue(timeline), parsed.GetValue(common.Bytes),
                TimeSpan.FromSeconds(parsed.GetValue(common.WarmUp)), TimeSpan.FromSeconds(parsed.GetValue(common.Seconds)), common.ClientsOf(parsed));
            return await Runs.PublishAsync(GroupMode.RunAsync(parsed.GetValue(common.Name) ?? $"group-{members}", options, cancellationToken), cancellationToken);
        });
        return command;
    }
}
