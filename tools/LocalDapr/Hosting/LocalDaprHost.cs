using ImDapr.LocalDapr.Actors;
using ImDapr.LocalDapr.Invocation;

namespace ImDapr.LocalDapr.Hosting;

/// <summary>What sidecars on one machine share: who is up, who hosts which actors, and the reminders. Started from a test, or by the runner.</summary>
/// <remarks>Sidecars find each other within one host only; two hosts are two machines that do not know each other.</remarks>
public sealed class LocalDaprHost : IAsyncDisposable
{
    private readonly List<Sidecar> _sidecars = [];
    private readonly ReminderStore _reminders;
    private readonly ReminderScheduler _scheduler;
    private readonly SidecarNeighbourhood _around;

    /// <param name="dataFolder">Where reminders are kept; a later host on the same folder goes on with them.</param>
    /// <param name="loggers">Where sidecars log; by default nowhere.</param>
    /// <param name="time">Clock of timers, reminders, times to live and policies.</param>
    public LocalDaprHost(string dataFolder, ILoggerFactory? loggers = null, TimeProvider? time = null)
    {
        loggers ??= Microsoft.Extensions.Logging.Abstractions.NullLoggerFactory.Instance;
        time ??= TimeProvider.System;
        _reminders = new ReminderStore(Path.Combine(dataFolder, "reminders.db"));
        var placement = new ActorHostRegistry(loggers.CreateLogger<ActorHostRegistry>());
        _scheduler = new ReminderScheduler(_reminders, placement, time, loggers.CreateLogger<ReminderScheduler>());
        _around = new SidecarNeighbourhood(new InvocationRouter(), placement, _reminders, time, loggers);
    }

    /// <summary>Loads the components and opens both APIs; the app need not run yet: see <see cref="Sidecar.ConnectAppAsync"/>.</summary>
    /// <exception cref="Resources.ResourceException">A file says something wrong; the message names file and line.</exception>
    /// <exception cref="Resources.ComponentException">A component cannot be loaded; the message names its file.</exception>
    public async Task<Sidecar> AddSidecarAsync(SidecarOptions options, CancellationToken cancellationToken = default)
    {
        var sidecar = await Sidecar.StartAsync(options, _around, cancellationToken);
        lock (_sidecars)
            _sidecars.Add(sidecar);
        return sidecar;
    }

    /// <summary>Ends all sidecars, then the reminders.</summary>
    public async ValueTask DisposeAsync()
    {
        Sidecar[] sidecars;
        lock (_sidecars)
            sidecars = [.. _sidecars];
        foreach (var sidecar in sidecars)
            await sidecar.DisposeAsync();
        await _scheduler.DisposeAsync();
        _reminders.Dispose();
    }
}
