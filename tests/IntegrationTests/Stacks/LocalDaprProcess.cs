using System.Diagnostics;
using System.Text;

namespace ImDapr.IntegrationTests.Stacks;

/// <summary>The whole system as one child process with children of its own; its output goes to a file under <c>artifacts/</c>.</summary>
internal sealed class LocalDaprProcess : IAsyncDisposable
{
    private const string ReadyText = "Ready: ";
    private const int TailLines = 60;
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(30);
    private readonly Process _process;
    private readonly StreamWriter _log;
    private readonly Queue<string> _tail = new();
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private LocalDaprProcess(Process process, string logPath)
    {
        _process = process;
        _log = new StreamWriter(logPath, append: true, Encoding.UTF8) { AutoFlush = true };
    }

    /// <exception cref="InvalidOperationException">It did not become ready; the message ends with its last lines.</exception>
    public static async Task<LocalDaprProcess> StartAsync(
        IEnumerable<string> arguments, IReadOnlyDictionary<string, string> environment, string logPath)
    {
        var start = new ProcessStartInfo("dotnet", [Repository.Tool("LocalDapr"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            WorkingDirectory = Repository.Root,
        };
        foreach (var (name, value) in environment)
            start.Environment[name] = value;

        var system = new LocalDaprProcess(new Process { StartInfo = start, EnableRaisingEvents = true }, logPath);
        system.Listen();
        await system.WaitUntilReadyAsync();
        return system;
    }

    /// <summary>Ends everything at once, as a power cut would.</summary>
    public async Task KillAsync()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync(CancellationToken.None); // clean-up
    }

    /// <summary>Asks it to end as Ctrl+C does; whatever does not in time is killed.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            await InterruptAsync();
        await KillAsync();
        await _log.DisposeAsync();
        _process.Dispose();
    }

    private async Task InterruptAsync()
    {
        using var kill = Process.Start("kill", ["-INT", $"{_process.Id}"]);
        await kill.WaitForExitAsync(CancellationToken.None); // clean-up
        using var limit = new CancellationTokenSource(StopLimit);
        await _process.WaitForExitAsync(limit.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private void Listen()
    {
        _process.OutputDataReceived += (_, line) => Read(line.Data);
        _process.ErrorDataReceived += (_, line) => Read(line.Data);
        _process.Exited += (_, _) => _ready.TrySetException(new InvalidOperationException($"it ended with code {_process.ExitCode}"));
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    private void Read(string? line)
    {
        if (line is null)
            return;
        lock (_tail)
        {
            _log.WriteLine(line);
            _tail.Enqueue(line);
            if (_tail.Count > TailLines)
                _tail.Dequeue();
        }
        if (line.Contains(ReadyText, StringComparison.Ordinal))
            _ready.TrySetResult();
    }

    private async Task WaitUntilReadyAsync()
    {
        try
        {
            await _ready.Task.WaitAsync(StartLimit);
        }
        catch (Exception e)
        {
            await KillAsync();
            lock (_tail)
                throw new InvalidOperationException($"LocalDapr is not ready: {e.Message}\n{string.Join('\n', _tail)}", e);
        }
    }
}
