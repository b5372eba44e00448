using System.CommandLine;
using ImDapr.LoadTests.Modes;

namespace ImDapr.LoadTests.Commands;

/// <summary><c>direct</c>.</summary>
internal static class DirectCommand
{
    public static Command Create()
    {
        var common = new CommonOptions();
        var users = CommonOptions.Bounded("--users", 400, 2, 15_000, "Users, each with one device; an even number");
        var window = CommonOptions.Bounded("--window", 4, 1, 256, "Messages on their way, of each user");
        var peers = CommonOptions.Bounded("--peers", 1, 1, 100, "Others to whom each user talks");
        var command = new Command("direct", "Users talk to each other in pairs") { users, window, peers, common.Rate };
        common.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var options = new DirectOptions(
                parsed.GetValue(users) / 2 * 2, parsed.GetValue(peers), parsed.GetValue(window), parsed.GetValue(common.Rate), parsed.GetValue(common.Bytes),
                TimeSpan.FromSeconds(parsed.GetValue(common.WarmUp)), TimeSpan.FromSeconds(parsed.GetValue(common.Seconds)), common.ClientsOf(parsed));
            return await Runs.PublishAsync(DirectMode.RunAsync(parsed.GetValue(common.Name) ?? "direct", options, cancellationToken), cancellationToken);
        });
        return command;
    }
}
