using System.Runtime.InteropServices;
using ImDapr.LocalDapr.Resources;

namespace ImDapr.LocalDapr.Runner;

/// <summary>The command line's one action: run until stopped. Exit code 0 when stopped, 1 when something was wrong.</summary>
public static class RunCommand
{
    public static async Task<int> RunAsync(RunOptions options, CancellationToken cancellationToken)
    {
        var output = new ConsoleOutput();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var interrupt = StopOn(PosixSignal.SIGINT, stop);
        using var terminate = StopOn(PosixSignal.SIGTERM, stop);
        await using var run = new LocalRun(options, output);
        try
        {
            await run.StartAsync(stop.Token);
            await run.WaitAsync(stop.Token);
            return 0;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            output.Say("Stopping …");
            return 0;
        }
        catch (Exception exception) when (exception is RunnerException or ResourceException or ComponentException)
        {
            output.Error(exception.Message);
            return 1;
        }
    }

    private static PosixSignalRegistration StopOn(PosixSignal signal, CancellationTokenSource stop) => PosixSignalRegistration.Create(signal, context =>
    {
        context.Cancel = true; // we end by ourselves, when the apps have
        stop.Cancel();
    });
}
