using System.CommandLine;
using ImDapr.LoadTests.Bare;

namespace ImDapr.LoadTests.Commands;

/// <summary><c>bare</c>: the other process of the mode idle.</summary>
internal static class BareCommand
{
    public static Command Create()
    {
        var port = new Option<int>("--port") { Required = true };
        var redis = new Option<string>("--redis") { Required = true };
        var command = new Command("bare", "The bare hub that the mode idle compares with") { port, redis };
        command.Hidden = true;
        command.SetAction((parsed, cancellationToken) => BareServer.RunAsync(parsed.GetValue(port), parsed.GetValue(redis)!, cancellationToken));
        return command;
    }
}
