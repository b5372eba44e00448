using System.Diagnostics;
using System.Text;

namespace ImDapr.IntegrationTests.Servers;

/// <summary>A server of ours in a process of its own: started, awaited until it says that it is ready, ended by its handle.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ServerProcess(Process process) => _process = process;

    public static async Task<ServerProcess> StartAsync(string program, IEnumerable<string> arguments, string readyText, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        var server = new ServerProcess(new Process { StartInfo = start, EnableRaisingEvents = true });
        server.Listen(readyText);
        server._process.Start();
        server._process.BeginOutputReadLine();
        server._process.BeginErrorReadLine();
        await server.WaitUntilReadyAsync(program, cancellationToken);
        return server;
    }

    /// <summary>Runs a program to its end.</summary>
    /// <exception cref="InvalidOperationException">It ended with another code than 0.</exception>
    public static async Task RunAsync(string program, IEnumerable<string> arguments, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
        var errors = process.StandardError.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{program} ended with code {process.ExitCode}: {await output}{await errors}");
    }

    /// <summary>The program's full path, or null when it is not on PATH (nor where Debian keeps servers).</summary>
    public static string? Find(params string[] names)
    {
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Append("/usr/sbin");
        return folders.SelectMany(folder => names.Select(name => Path.Combine(folder, name))).FirstOrDefault(File.Exists);
    }

    /// <summary>Ends the process at once (SIGKILL): nothing is flushed, as in a crash.</summary>
    public async Task KillAsync()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        // Clean-up: must finish even when the test was cancelled.
        await _process.WaitForExitAsync(CancellationToken.None);
    }

    /// <exception cref="InvalidOperationException">The signal could not be sent.</exception>
    public async Task SignalAsync(string name)
    {
        using var kill = Process.Start("kill", [$"-{name}", $"{_process.Id}"]);
        await kill.WaitForExitAsync(CancellationToken.None); // clean-up depends on it
        if (kill.ExitCode != 0)
            throw new InvalidOperationException($"SIG{name} could not be sent: kill ended with code {kill.ExitCode}");
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _process.Dispose();
    }

    private void Listen(string readyText)
    {
        _process.OutputDataReceived += (_, line) => Read(line.Data, readyText);
        _process.ErrorDataReceived += (_, line) => Read(line.Data, readyText);
        _process.Exited += (_, _) => _ready.TrySetException(new InvalidOperationException("it ended before it was ready"));
    }

    private void Read(string? line, string readyText)
    {
        if (line is null)
            return;
        lock (_output)
            _output.AppendLine(line);
        if (line.Contains(readyText, StringComparison.Ordinal))
            _ready.TrySetResult();
    }

    private async Task WaitUntilReadyAsync(string program, CancellationToken cancellationToken)
    {
        try
        {
            await _ready.Task.WaitAsync(StartLimit, cancellationToken);
        }
        catch (Exception error)
        {
            await DisposeAsync();
            lock (_output)
                throw new InvalidOperationException($"{program} did not start: {error.Message}\n{_output}", error);
        }
    }
}
