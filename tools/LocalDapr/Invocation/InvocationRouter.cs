using System.Collections.Concurrent;

namespace ImDapr.LocalDapr.Invocation;

/// <summary>Which instances of an app are up: the name resolution of all sidecars of this process.</summary>
public sealed class InvocationRouter
{
    private readonly ConcurrentDictionary<string, AppChannel[]> _apps = new();
    private int _next;

    public void Add(AppChannel app) => _apps.AddOrUpdate(app.AppId, [app], (_, known) => [.. known, app]);

    public void Remove(AppChannel app) =>
        _apps.AddOrUpdate(app.AppId, [], (_, known) => [.. known.Where(other => other != app)]);

    /// <summary>The next instance in turn, or null when there is none.</summary>
    public AppChannel? Next(string appId)
    {
        if (!_apps.TryGetValue(appId, out var instances) || instances.Length == 0)
            return null;
        return instances[(int)((uint)Interlocked.Increment(ref _next) % (uint)instances.Length)];
    }
}
