using System.Diagnostics;
using ImDapr.Contracts;
using ImDapr.LoadTests.Clients;
using ImDapr.LoadTests.Measuring;
using ImDapr.LoadTests.Reports;
using ImDapr.LoadTests.Systems;
using ImDapr.StorageCosts;

namespace ImDapr.LoadTests.Modes;

/// <summary>A system that was started for one run, and the crowd that will load it.</summary>
internal sealed class Session : IAsyncDisposable
{
    private static readonly TimeSpan ConnectLimit = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan SettleLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan IdleLimit = TimeSpan.FromMinutes(2);

    private Session(LoadSystem system, EventLoop loop, Crowd crowd, Processes processes, StoreCounters stores) =>
        (System, Loop, Crowd, Processes, Stores) = (system, loop, crowd, processes, stores);

    public LoadSystem System { get; }

    public EventLoop Loop { get; }

    public Crowd Crowd { get; }

    public Processes Processes { get; }

    /// <summary>What Redis and MariaDB have done.</summary>
    public StoreCounters Stores { get; }

    /// <param name="options">How clients behave.</param>
    /// <param name="users">How many there are.</param>
    /// <param name="devices">How many of them have a device.</param>
    /// <param name="settings">Of the services, beside the raised limits.</param>
    /// <param name="cancellationToken">Ends the run.</param>
    public static async Task<Session> StartAsync(
        ClientOptions options, int users, int devices, IReadOnlyDictionary<string, string> settings, CancellationToken cancellationToken)
    {
        OpenFiles.Check(devices);
        Progress.Say("starting Redis, MariaDB, LocalDapr and the services");
        var system = await LoadSystem.StartAsync(settings);
        var loop = new EventLoop();
        var session = new Session(
            system, loop, new Crowd(loop, system.Hub, options), Processes.Find(), await StoreCounters.ConnectAsync(system.RedisHost, system.MySqlDsn));
        try
        {
            await Accounts.CreateAsync(system, session.Crowd, users, devices, cancellationToken);
            return session;
        }
        catch
        {
            await session.DisposeAsync();
            throw;
        }
    }

    /// <summary>Until they all have synced.</summary>
    /// <exception cref="TimeoutException">They could not.</exception>
    public void Connect(IReadOnlyCollection<Device> devices, CancellationToken cancellationToken)
    {
        var start = Stopwatch.GetTimestamp();
        Crowd.Open(devices);
        if (!Loop.RunUntil(() => devices.All(device => device.IsLive), ConnectLimit, cancellationToken))
            throw new TimeoutException($"Only {devices.Count(device => device.IsLive)} of {devices.Count} clients could connect; {Losses()}");
        Progress.Say($"{devices.Count} clients connected in {Stopwatch.GetElapsedTime(start).TotalSeconds:0.0} s");
    }

    public async Task<WindowResult> MeasureAsync(TimeSpan warmUp, TimeSpan time, CancellationToken cancellationToken)
    {
        Progress.Say($"warming up for {warmUp.TotalSeconds:0} s");
        Loop.RunFor(warmUp / 2, cancellationToken);
        // The first answer compiles half a second long what gives it; production is asked all the time.
        var asked = Task.Run(() => Window.AskAsync(System, Stores, cancellationToken), cancellationToken);
        Loop.RunFor(warmUp / 2, cancellationToken);
        await asked;
        var window = Window.Begin(System, Stores, Crowd, Processes, cancellationToken);
        Loop.RunFor(time, cancellationToken);
        return await window.EndAsync(cancellationToken);
    }

    /// <summary>Measures what begins now, but no latencies.</summary>
    public Task<Window> BeginUntimedAsync(CancellationToken cancellationToken) => Window.BeginUntimedAsync(System, Stores, Crowd, Processes, cancellationToken);

    /// <summary>Until every event has been handled, as far as the broker knows.</summary>
    /// <exception cref="TimeoutException">It took too long.</exception>
    public async Task IdleAsync(CancellationToken cancellationToken)
    {
        var start = Stopwatch.GetTimestamp();
        while (!await Stores.IsIdleAsync(Topics.Messages, Topics.Deliveries, Topics.Relations))
        {
            if (Stopwatch.GetElapsedTime(start) > IdleLimit)
                throw new TimeoutException($"Events still wait at the broker after {IdleLimit.TotalSeconds:0} s");
            Loop.RunFor(TimeSpan.FromMilliseconds(100), cancellationToken);
        }
    }

    /// <summary>Waits until everything acknowledged has been shown, as long as that may take, and says what is wrong.</summary>
    public Outcome Settle(CancellationToken cancellationToken)
    {
        var start = Stopwatch.GetTimestamp();
        Loop.RunUntil(() => Crowd.IsSettled, SettleLimit, cancellationToken);
        var outcome = Outcome.Of(Crowd, Stopwatch.GetElapsedTime(start));
        Progress.Say($"settled after {outcome.SettledAfterSeconds:0.0} s: {outcome}");
        return outcome;
    }

    public async ValueTask DisposeAsync()
    {
        Crowd.Dispose();
        Loop.Dispose();
        await Stores.DisposeAsync();
        await ((IAsyncDisposable)System).DisposeAsync();
    }

    private string Losses() => string.Join("; ", Crowd.ReasonsOfLoss.Select(reason => $"{reason.Value} × {reason.Key}"));
}
