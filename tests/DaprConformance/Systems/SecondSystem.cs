namespace ImDapr.DaprConformance.Systems;

/// <summary>A system beside the main one, for cases that do to it what others would not survive: {prefix}-a twice, {prefix}-b once.</summary>
public abstract class SecondSystem(ConformanceSystem main, string prefix, IReadOnlyDictionary<string, string>? variables = null) : IAsyncLifetime
{
    private RunningSystem? _running;
    private List<AppInstance> _apps = [];

    public string HostId => $"{prefix}-a";

    public string CallerId => $"{prefix}-b";

    public AppInstance A => _apps[0];

    public AppInstance A2 => _apps[1];

    public AppInstance B => _apps[2];

    public IEnumerable<AppInstance> Instances(string appId) => _apps.Where(app => app.AppId == appId);

    /// <summary>Ends a case that would need to kill or configure sidecars which are not ours.</summary>
    public static void SkipWhenForeign() =>
        Assert.SkipWhen(ConformanceSystem.IsForeign, "the sidecars are not ours to kill or to configure: run this on LocalDapr");

    public async ValueTask InitializeAsync()
    {
        if (ConformanceSystem.IsForeign)
            return;
        _running = await RunningSystem.StartAsync(prefix, HostId, $"{prefix}.dapr.yaml", main.Servers, variables);
        await FindAsync();
    }

    public async ValueTask DisposeAsync()
    {
        Forget();
        if (_running is not null)
            await _running.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>SIGKILL for LocalDapr and every app, in the middle of whatever they do.</summary>
    public async Task KillAsync()
    {
        await _running!.KillAsync();
        Forget();
    }

    /// <summary>Starts everything again on what is on disk.</summary>
    public async Task StartAgainAsync()
    {
        await _running!.StartAsync();
        await FindAsync();
    }

    private async Task FindAsync() => _apps =
    [
        await FindAsync(HostId, 0), await FindAsync(HostId, 1), await FindAsync(CallerId, 0),
    ];

    private Task<AppInstance> FindAsync(string appId, int instance) =>
        AppInstance.FindAsync(_running!.App(appId, instance), token: variables?.GetValueOrDefault("DAPR_API_TOKEN"));

    private void Forget()
    {
        _apps.ForEach(app => app.Dispose());
        _apps = [];
    }
}
