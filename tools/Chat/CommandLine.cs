using System.CommandLine;

namespace ImDapr.Chat;

/// <summary>The options of <c>chat</c>.</summary>
public static class CommandLine
{
    private static readonly Option<string> As = new("--as") { Description = "User to chat as; registered when unknown", Required = true };
    private static readonly Option<string> Server = ServerOption();
    private static readonly Option<string> SmokeServer = ServerOption();
    private static readonly Option<string?> Password = new("--password") { Description = "Needed for servers that are not on this machine" };
    private static readonly Option<string> Device = new("--device")
    {
        Description = "Device id; two chats of one user need two",
        DefaultValueFactory = _ => "terminal",
    };
    private static readonly Option<bool> Json = new("--json") { Description = "One JSON object per line for every event, and nothing else" };
    private static readonly Option<string> Data = new("--data")
    {
        Description = "Folder that keeps what was shown",
        DefaultValueFactory = _ => Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".imdapr-chat"),
    };
    private static readonly Option<double> Linger = new("--linger") { Description = "Seconds to stay after piped input has ended" };
    private static readonly Option<int?> Until = new("--until") { Description = "End after this many messages of others were shown" };

    public static RootCommand Create(Func<ChatOptions, CancellationToken, Task<int>> run, Func<string, CancellationToken, Task<int>> smoke)
    {
        var command = new RootCommand("Chat over ImDapr from a terminal. Lines are messages, lines with a slash are commands: /help");
        foreach (var option in new Option[] { As, Server, Password, Device, Json, Data, Linger, Until })
            command.Options.Add(option);

        command.SetAction((parsed, cancellationToken) => run(Read(parsed), cancellationToken));
        command.Subcommands.Add(Smoke(smoke));
        return command;
    }

    private static Command Smoke(Func<string, CancellationToken, Task<int>> smoke)
    {
        var command = new Command("smoke", "Makes two users and sends a message from one to the other; ends with 0 when it has arrived");
        command.Options.Add(SmokeServer);
        command.SetAction((parsed, cancellationToken) => smoke(parsed.GetRequiredValue(SmokeServer), cancellationToken));
        return command;
    }

    private static Option<string> ServerOption() => new("--server") { Description = "Public origin of ImDapr", DefaultValueFactory = _ => "http://localhost:8080" };

    private static ChatOptions Read(ParseResult parsed) =>
        new(
            parsed.GetRequiredValue(As),
            parsed.GetRequiredValue(Server),
            parsed.GetValue(Password),
            parsed.GetRequiredValue(Device),
            parsed.GetValue(Json),
            parsed.GetRequiredValue(Data),
            parsed.GetValue(Linger),
            parsed.GetValue(Until));
}
