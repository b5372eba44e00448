namespace ImDapr.LocalDapr.Actors;

/// <summary>Placement of all sidecars of this process: which of them host a type of actors, and which one owns an actor.</summary>
/// <remarks>
/// When hosts change, an actor that moves is closed to new calls, its running ones are drained, and only then does it start on its new host: it never lives
/// twice. Actors that stay are not touched. (daprd blocks and drains all actors of the type; what it cuts off beyond those that move is tried again anyway.)
/// </remarks>
public sealed partial class ActorHostRegistry(ILogger<ActorHostRegistry> logger)
{
    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _rounds = new(1, 1);
    private readonly Dictionary<string, HostsOfType> _types = [];
    private readonly SortedSet<int> _slots = [];
    private volatile TaskCompletionSource _changed = NewSignal();

    /// <summary>Raised after every change of hosts.</summary>
    public event Action? HostsChanged;

    /// <summary>Completes at the next change of hosts.</summary>
    public Task Changed => _changed.Task;

    /// <summary>The sidecar that owns the actor; null when nobody hosts its type.</summary>
    public ActorRuntime? FindOwner(string type, string id)
    {
        lock (_gate)
            return _types.TryGetValue(type, out var hosts) ? hosts.Owner(id)?.Runtime : null;
    }

    /// <summary>Types that are hosted by somebody now.</summary>
    public string[] HostedTypes()
    {
        lock (_gate)
            return [.. _types.Where(entry => entry.Value.Hosts.Length > 0).Select(entry => entry.Key)];
    }

    /// <summary>Adds a host and moves to it what it owns from now on. Returns when that has happened.</summary>
    public async Task JoinAsync(ActorRuntime runtime, IReadOnlyCollection<string> types, CancellationToken cancellationToken)
    {
        await _rounds.WaitAsync(cancellationToken);
        try
        {
            List<HostsOfType> touched;
            lock (_gate)
                touched = Add(runtime, types);

            await RebalanceAsync(touched);
        }
        finally
        {
            _rounds.Release();
        }

        Log.Joined(logger, runtime.AppId, string.Join(", ", types));
    }

    /// <summary>Takes a host off after its actors have been drained and deactivated.</summary>
    public async Task LeaveAsync(ActorRuntime runtime, CancellationToken cancellationToken)
    {
        await _rounds.WaitAsync(cancellationToken);
        try
        {
            List<HostsOfType> touched;
            lock (_gate)
                touched = Remove(runtime, keepBefore: true);

            await RebalanceAsync(touched);
        }
        finally
        {
            _rounds.Release();
        }
    }

    /// <summary>Takes a host off at once: its process is gone, and its actors with it.</summary>
    public void Lose(ActorRuntime runtime)
    {
        lock (_gate)
            Remove(runtime, keepBefore: false);

        SignalChange();
    }

    /// <summary>Looks an actor up and lets the caller reach it, as one step: no change of hosts can come between.</summary>
    internal Admission Admit(string type, string id)
    {
        lock (_gate)
        {
            if (!_types.TryGetValue(type, out var hosts) || hosts.Owner(id) is not { } owner)
                return default;

            if (hosts.Moves(id, owner))
                return new Admission(null, hosts.Round!.Task);

            return new Admission(owner.Runtime.GetOrCreate(type, id), null);
        }
    }

    private List<HostsOfType> Add(ActorRuntime runtime, IReadOnlyCollection<string> types)
    {
        var slot = Enumerable.Range(0, _slots.Count + 1).First(number => !_slots.Contains(number));
        _slots.Add(slot);
        var touched = new List<HostsOfType>();
        foreach (var type in types)
        {
            if (!_types.TryGetValue(type, out var hosts))
                _types[type] = hosts = new HostsOfType(type);

            hosts.Begin([.. hosts.Hosts, new ActorHost(runtime, slot)]);
            touched.Add(hosts);
        }

        return touched;
    }

    private List<HostsOfType> Remove(ActorRuntime runtime, bool keepBefore)
    {
        var touched = new List<HostsOfType>();
        foreach (var hosts in _types.Values)
        {
            if (hosts.Hosts.FirstOrDefault(host => host.Runtime == runtime) is not { } leaving)
                continue;

            _slots.Remove(leaving.Slot);
            touched.Add(hosts);
            if (keepBefore)
                hosts.Begin(hosts.Without(runtime));
            else
                hosts.Forget(runtime);
        }

        return touched;
    }

    private async Task RebalanceAsync(List<HostsOfType> touched)
    {
        try
        {
            await Task.WhenAll(touched.SelectMany(MovedActors).Select(moved => moved.Actor.RetireAsync(moved.Drain)));
        }
        finally
        {
            lock (_gate)
                touched.ForEach(hosts => hosts.End());

            SignalChange();
        }
    }

    private List<(HostedActor Actor, TimeSpan Drain)> MovedActors(HostsOfType hosts)
    {
        lock (_gate)
        {
            return
            [
                .. from host in hosts.Before
                   from actor in host.Runtime.ActorsOf(hosts.Type)
                   where hosts.Owner(actor.Id) != host
                   select (actor, host.Runtime.DrainOf(hosts.Type))
            ];
        }
    }

    private void SignalChange()
    {
        TaskCompletionSource changed;
        lock (_gate)
            (changed, _changed) = (_changed, NewSignal());

        changed.SetResult();
        HostsChanged?.Invoke();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static partial class Log
    {
        [LoggerMessage(9403, LogLevel.Information, "{AppId} hosts actors of {Types}")]
        public static partial void Joined(ILogger logger, string appId, string types);
    }
}

/// <summary>Either the actor on its owner, or what to wait for while it moves, or neither when nobody hosts its type.</summary>
internal readonly record struct Admission(HostedActor? Actor, Task? Moving);
