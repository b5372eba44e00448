using System.Text;

namespace ImDapr.LocalDapr.Actors;

/// <summary>
/// Placement of this process: which sidecars host which actor types, and which of them owns an actor. The owner is the host with the highest
/// hash of (actor, host), so a host that comes or goes moves only its own share.
/// </summary>
public sealed class ActorHostRegistry
{
    private readonly SemaphoreSlim _changing = new(1, 1);
    private volatile IReadOnlyDictionary<string, ActorRuntime[]> _hosts = new Dictionary<string, ActorRuntime[]>();

    // Ended and made anew with every change: calls to a type in change wait for it.
    private volatile TaskCompletionSource _stable = Completed();

    /// <summary>Waits while hosts change, then tells the owner; null when nobody hosts the type.</summary>
    public async ValueTask<ActorRuntime?> OwnerAsync(ActorKey actor, CancellationToken cancellationToken)
    {
        var stable = _stable.Task;
        if (!stable.IsCompleted)
            await stable.WaitAsync(cancellationToken);
        return Owner(_hosts, actor);
    }

    /// <summary>A host joins: actors that become its own are drained and deactivated where they are, before anybody can call them here.</summary>
    public Task JoinAsync(ActorRuntime host, CancellationToken cancellationToken) =>
        ChangeAsync(hosts => host.Config.Types.Aggregate(hosts, (all, type) => With(all, type, [.. Of(all, type), host])), cancellationToken);

    /// <summary>A host leaves, or is gone: the others own its actors from now on.</summary>
    public Task LeaveAsync(ActorRuntime host, CancellationToken cancellationToken) =>
        ChangeAsync(hosts => host.Config.Types.Aggregate(hosts, (all, type) => With(all, type, [.. Of(all, type).Where(other => other != host)])), cancellationToken);

    private async Task ChangeAsync(
        Func<IReadOnlyDictionary<string, ActorRuntime[]>, IReadOnlyDictionary<string, ActorRuntime[]>> change, CancellationToken cancellationToken)
    {
        await _changing.WaitAsync(cancellationToken);
        try
        {
            _stable = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var next = change(_hosts);
            var hosts = _hosts.Values.SelectMany(all => all).Distinct().ToList();
            await Task.WhenAll(hosts.Select(host => host.DrainAsync(actor => Owner(next, actor) != host)));
            _hosts = next;
        }
        finally
        {
            _stable.TrySetResult();
            _changing.Release();
        }
    }

    private static ActorRuntime? Owner(IReadOnlyDictionary<string, ActorRuntime[]> hosts, ActorKey actor) => Of(hosts, actor.Type) switch
    {
        [] => null,
        [var only] => only,
        var several => several.MaxBy(host => Weight(actor, host.HostName)),
    };

    private static ActorRuntime[] Of(IReadOnlyDictionary<string, ActorRuntime[]> hosts, string type) => hosts.GetValueOrDefault(type) ?? [];

    private static Dictionary<string, ActorRuntime[]> With(IReadOnlyDictionary<string, ActorRuntime[]> hosts, string type, ActorRuntime[] of) =>
        new(hosts) { [type] = of };

    // FNV-1a with a final mix: the same in every process, unlike string.GetHashCode.
    private static ulong Weight(ActorKey actor, string host)
    {
        var hash = 14695981039346656037UL;
        foreach (var value in Encoding.UTF8.GetBytes($"{host}\n{actor.Type}\n{actor.Id}"))
            hash = (hash ^ value) * 1099511628211UL;
        hash = (hash ^ (hash >> 33)) * 0xff51afd7ed558ccdUL;
        return hash ^ (hash >> 33);
    }

    private static TaskCompletionSource Completed()
    {
        var source = new TaskCompletionSource();
        source.SetResult();
        return source;
    }
}
