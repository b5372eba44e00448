using ImDapr.Chat;
using ImDapr.Chat.Terminal;
using Spectre.Console;

var parsed = CommandLine.Create(RunAsync, SmokeAsync).Parse(args);
return parsed.Errors.Count == 0 ? await parsed.InvokeAsync() : Usage(string.Join('\n', parsed.Errors.Select(error => error.Message)));

static int Usage(string problem)
{
    Console.Error.WriteLine(problem);
    Console.Error.WriteLine("chat --help shows the options.");
    return 2;
}

static async Task<int> RunAsync(ChatOptions options, CancellationToken cancellationToken)
{
    if (options.Problem() is { } problem)
        return Usage(problem);
    if (Console.IsOutputRedirected)
        AnsiConsole.Profile.Width = int.MaxValue; // a line of a file has no end of its own
    IChatOutput output = options.Json ? new JsonOutput(Console.Out) : new ConsoleOutput(AnsiConsole.Console, options.UserId);
    return await ReportAsync(output, async () =>
    {
        await using var session = new ChatSession(options, output, TimeProvider.System);
        return await session.RunAsync(Console.In, isInteractive: !Console.IsInputRedirected, cancellationToken);
    }, cancellationToken);
}

static Task<int> SmokeAsync(string server, CancellationToken cancellationToken)
{
    var output = new JsonOutput(Console.Out);
    return ReportAsync(output, () => new SmokeTest(server, output, TimeProvider.System).RunAsync(cancellationToken), cancellationToken);
}

static async Task<int> ReportAsync(IChatOutput output, Func<Task<int>> run, CancellationToken cancellationToken)
{
    try
    {
        return await run();
    }
    catch (ChatException e)
    {
        output.Show(new ChatEvent.Failed("unavailable", e.Message, Retrying: false));
        return 1;
    }
    catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
    {
        return 0; // Ctrl+C is how a person leaves
    }
}
