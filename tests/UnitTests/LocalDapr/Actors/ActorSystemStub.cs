using System.Text;
using ImDapr.LocalDapr.Actors;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace ImDapr.UnitTests.LocalDapr.Actors;

/// <summary>Sidecars of one process with fake time, each beside an app stub.</summary>
internal sealed class ActorSystemStub : IAsyncDisposable
{
    public const string Config = """{"entities":["Room"],"actorIdleTimeout":"0h5m0s0ms","drainOngoingCallTimeout":"0h0m10s0ms"}""";

    private readonly List<AppStub> _apps = [];
    private readonly string _folder = Directory.CreateTempSubdirectory("imdapr-actors-").FullName;
    private ReminderScheduler? _scheduler;

    public ActorSystemStub() => Reminders = new ReminderStore(RemindersPath);

    public FakeTimeProvider Time { get; } = new(DateTimeOffset.Parse("2026-01-01T00:00:00Z"));

    public MemoryStateStore Store { get; } = new();

    public ActorHostRegistry Registry { get; } = new(NullLogger<ActorHostRegistry>.Instance);

    public ReminderStore Reminders { get; private set; }

    private string RemindersPath => Path.Combine(_folder, "reminders.db");

    public ActorRuntime AddSidecar(AppStub app, string appId, bool withStore = true) =>
        new(appId, app.Channel, withStore ? Store : null, Registry, Reminders, Time, NullLoggerFactory.Instance);

    public async Task<AppStub> AddAppAsync(string appId)
    {
        var app = await AppStub.StartAsync(appId);
        _apps.Add(app);
        return app;
    }

    public async Task<(ActorRuntime Sidecar, AppStub App)> AddHostAsync(string appId = "rooms", string config = Config)
    {
        var app = await AddAppAsync(appId);
        var sidecar = AddSidecar(app, appId);
        await sidecar.StartAsync(ActorConfig.Parse(Encoding.UTF8.GetBytes(config)), default);
        return (sidecar, app);
    }

    public void StartReminders() => _scheduler = new ReminderScheduler(Reminders, Registry, Time, NullLogger<ReminderScheduler>.Instance);

    /// <summary>What a stop of the whole process does to reminders, and its next start.</summary>
    public async Task StopRemindersAsync()
    {
        if (_scheduler is not null)
            await _scheduler.DisposeAsync();

        Reminders.Dispose();
        Reminders = new ReminderStore(RemindersPath);
    }

    public static ActorCall Call(string id, string method = "Say", string body = "\"hi\"") => new("Room", id, method, Encoding.UTF8.GetBytes(body))
    {
        ContentType = "application/json",
        CallerAppId = "caller"
    };

    /// <summary>An id that the given sidecar owns.</summary>
    public string IdOwnedBy(ActorRuntime sidecar) =>
        Enumerable.Range(0, 1000).Select(number => $"id{number}").First(id => Registry.FindOwner("Room", id) == sidecar);

    public async ValueTask DisposeAsync()
    {
        await StopRemindersAsync();
        Reminders.Dispose();
        foreach (var app in _apps)
            await app.DisposeAsync();

        Directory.Delete(_folder, recursive: true);
    }
}
