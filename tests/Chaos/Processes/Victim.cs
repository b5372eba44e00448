using System.Text;
using ImDapr.LocalDapr.Runner;

namespace ImDapr.Chaos.Processes;

/// <summary>How to start a program.</summary>
internal sealed record Launch(string Name, string Folder, IReadOnlyList<string> Command, IReadOnlyDictionary<string, string> Environment);

/// <summary>A program that is killed, paused and started again; what it says goes to a file. A death that nobody ordered is remembered.</summary>
internal sealed class Victim : IAsyncDisposable
{
    /// <summary>Kubernetes waits this long by default between SIGTERM and SIGKILL.</summary>
    public static readonly TimeSpan GracePeriod = TimeSpan.FromSeconds(30);

    private readonly Launch _launch;
    private readonly StreamWriter _log;
    private readonly Lock _writing = new();
    private AppProcess? _process;
    private TaskCompletionSource _saidReady = New();

    // The process itself and no flag: its end is noticed by whoever waits for it in any order, and by then the next one may run.
    private volatile AppProcess? _told;

    public Victim(Launch launch, string logFolder)
    {
        (_launch, Folder) = (launch, launch.Folder);
        _log = new StreamWriter(Path.Combine(logFolder, $"{launch.Name}.log"), append: false, Encoding.UTF8) { AutoFlush = true };
    }

    public string Name => _launch.Name;

    /// <summary>Where it is started, and with it which build: of two versions each has its own.</summary>
    public string Folder { get; set; }

    public bool IsRunning => _process is { HasExited: false };

    /// <summary>It was told to end.</summary>
    public bool IsTold => _told is { } told && ReferenceEquals(told, _process);

    /// <summary>Resident memory in bytes; 0 when it does not run.</summary>
    public long ResidentBytes => _process is { HasExited: false } process ? Residence.Of(process.Id) : 0;

    /// <summary>Deaths that nobody ordered.</summary>
    public List<string> Accidents { get; } = [];

    public void Start()
    {
        _saidReady = New();
        var process = AppProcess.Start(_launch.Name, Folder, _launch.Command, _launch.Environment, Write);
        _process = process;
        _ = WatchAsync(process);
    }

    /// <summary>Until it has said this since its start.</summary>
    public Task SaidReadyAsync(TimeSpan limit, CancellationToken cancellationToken) => _saidReady.Task.WaitAsync(limit, cancellationToken);

    /// <summary>What a ready program says.</summary>
    public string? ReadyText { get; init; }

    /// <summary>SIGKILL.</summary>
    public async Task KillAsync()
    {
        if (_process is not { HasExited: false } process)
            return;
        _told = process;
        Signals.Kill(process.Id);
        await process.Exited;
    }

    /// <summary>SIGTERM, then SIGKILL after the grace period.</summary>
    /// <returns>Whether it went by itself.</returns>
    public async Task<bool> TerminateAsync()
    {
        if (_process is not { HasExited: false } process)
            return true;
        _told = process;
        var watch = System.Diagnostics.Stopwatch.StartNew();
        await process.StopAsync(GracePeriod);
        return watch.Elapsed < GracePeriod;
    }

    public void Pause() => Signals.Pause(_process!.Id);

    public void Resume() => Signals.Resume(_process!.Id);

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        if (_process is not null)
            await _process.DisposeAsync();
        lock (_writing)
            _log.Dispose();
    }

    private async Task WatchAsync(AppProcess process)
    {
        await process.Exited;
        if (ReferenceEquals(_told, process))
            return;
        var accident = $"{Name} ended by itself with code {process.ExitCode}: {string.Join(" | ", process.Tail().TakeLast(3))}";
        lock (Accidents)
            Accidents.Add(accident);
        _saidReady.TrySetException(new InvalidOperationException(accident));
    }

    private void Write(string line)
    {
        lock (_writing)
            _log.WriteLine(line);
        if (ReadyText is { } text && line.Contains(text, StringComparison.Ordinal))
            _saidReady.TrySetResult();
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}

/// <summary>What /proc says of a process's memory.</summary>
internal static class Residence
{
    public static long Of(int processId)
    {
        var line = File.ReadLines($"/proc/{processId}/status").FirstOrDefault(line => line.StartsWith("VmRSS:", StringComparison.Ordinal));
        return line is null ? 0 : long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], System.Globalization.CultureInfo.InvariantCulture) * 1024;
    }
}
