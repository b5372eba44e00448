using System.CommandLine;
using ImDapr.LoadTests.Modes;

namespace ImDapr.LoadTests.Commands;

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
