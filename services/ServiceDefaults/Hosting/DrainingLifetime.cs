using System.Runtime.InteropServices;
using Microsoft.Extensions.Hosting;

namespace ImDapr.ServiceDefaults.Hosting;

/// <summary>
/// Drains on SIGTERM (and SIGINT, SIGQUIT) before the host is told to stop; a second signal stops at once. The host's own lifetime would stop first,
/// and at <see cref="IHostApplicationLifetime.ApplicationStopping"/> SignalR closes every connection: nobody would be left to be told.
/// </summary>
internal sealed class DrainingLifetime(IHostApplicationLifetime application, Draining draining) : IHostLifetime, IDisposable
{
    private static readonly PosixSignal[] Asking = [PosixSignal.SIGTERM, PosixSignal.SIGINT, PosixSignal.SIGQUIT];

    private readonly List<PosixSignalRegistration> _signals = [];
    private readonly Lock _gate = new();
    private Task? _leaving;

    public Task WaitForStartAsync(CancellationToken cancellationToken)
    {
        _signals.AddRange(Asking.Select(signal => PosixSignalRegistration.Create(signal, OnSignal)));
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => _leaving?.WaitAsync(cancellationToken) ?? Task.CompletedTask;

    public void Dispose() => _signals.ForEach(signal => signal.Dispose());

    private void OnSignal(PosixSignalContext context)
    {
        context.Cancel = true; // the process ends when the host has
        lock (_gate)
        {
            // What has not begun to serve has nothing to drain.
            if (_leaving is null && application.ApplicationStarted.IsCancellationRequested)
                _leaving = LeaveAsync();
            else
                application.StopApplication();
        }
    }

    private async Task LeaveAsync()
    {
        await Task.Yield(); // out of the signal's handler
        try
        {
            await draining.RunAsync(application.ApplicationStopping);
        }
        finally
        {
            application.StopApplication();
        }
    }
}
