using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace ImDapr.LocalDapr.Runner;

/// <summary>A child process: what it says passed on, its last lines kept, stopped gently and then for good.</summary>
public sealed partial class AppProcess : IAsyncDisposable
{
    private const int LastLines = 20;
    private const int SigTerm = 15;
    private const string SetPriv = "/usr/bin/setpriv";
    private const string SetSid = "/usr/bin/setsid";

    private readonly Process _process;
    private readonly Queue<string> _last = new();
    private readonly Lock _gate = new();

    private AppProcess(string name, Process process)
    {
        (Name, _process) = (name, process);
    }

    public string Name { get; }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    public int ExitCode => _process.ExitCode;

    /// <summary>Ends when the process has ended.</summary>
    public Task Exited { get; private set; } = Task.CompletedTask;

    /// <param name="said">Gets every line that the process writes.</param>
    /// <exception cref="RunnerException">The command cannot be started.</exception>
    public static AppProcess Start(
        string name, string folder, IReadOnlyList<string> command, IReadOnlyDictionary<string, string> environment, Action<string> said)
    {
        var start = new ProcessStartInfo { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        var words = DiesWithUs(command);
        start.FileName = words[0];
        foreach (var word in words.Skip(1))
            start.ArgumentList.Add(word);
        foreach (var (key, value) in environment)
            start.Environment[key] = value;
        try
        {
            var app = new AppProcess(name, ProcessStarter.Start(start));
            app.Exited = app.PumpAsync(said);
            return app;
        }
        catch (System.ComponentModel.Win32Exception exception)
        {
            throw new RunnerException($"{name}: '{string.Join(' ', command)}' cannot be started in {folder}: {exception.Message}", exception);
        }
    }

    /// <summary>What it said last, for the message about its end.</summary>
    public IReadOnlyList<string> Tail()
    {
        lock (_gate)
            return [.. _last];
    }

    /// <summary>Asks it to end; after the grace period it and its children are ended.</summary>
    public async Task StopAsync(TimeSpan grace)
    {
        if (!_process.HasExited)
            Terminate();
        if (await Task.WhenAny(Exited, Task.Delay(grace)) != Exited)
            _process.Kill(entireProcessTree: true);
        await Exited;
    }

    // SIGKILL of LocalDapr leaves no time to stop anybody: the kernel does it, where setpriv can ask it to. And Ctrl+C in a terminal reaches the
    // whole process group, so everybody would end at once, servers before those who need them: children get a session of their own.
    private static IReadOnlyList<string> DiesWithUs(IReadOnlyList<string> command) =>
        OperatingSystem.IsLinux() && File.Exists(SetPriv) && File.Exists(SetSid) ? [SetPriv, "--pdeathsig", "KILL", "--", SetSid, .. command] : command;

    private async Task PumpAsync(Action<string> said)
    {
        await Task.WhenAll(PumpAsync(_process.StandardOutput, said), PumpAsync(_process.StandardError, said));
        await _process.WaitForExitAsync();
    }

    private async Task PumpAsync(StreamReader reader, Action<string> said)
    {
        while (await reader.ReadLineAsync() is { } line)
        {
            lock (_gate)
            {
                _last.Enqueue(line);
                if (_last.Count > LastLines)
                    _last.Dequeue();
            }
            said(line);
        }
    }

    private void Terminate()
    {
        if (OperatingSystem.IsWindows())
            _process.Kill(entireProcessTree: true);
        else if (Kill(_process.Id, SigTerm) != 0 && !_process.HasExited)
            throw new RunnerException(string.Create(CultureInfo.InvariantCulture, $"{Name}: SIGTERM to process {_process.Id} failed: error {Marshal.GetLastPInvokeError()}"));
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            await StopAsync(TimeSpan.Zero);
        _process.Dispose();
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int processId, int signal);
}

/// <summary>The run cannot go on; the message is for a person.</summary>
public sealed class RunnerException(string message, Exception? inner = null) : Exception(message, inner);
