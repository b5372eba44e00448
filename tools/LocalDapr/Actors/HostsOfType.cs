namespace ImDapr.LocalDapr.Actors;

/// <param name="Slot">The host's number in placement: the smallest that was free, so that a restarted host gets its actors back.</param>
internal sealed record ActorHost(ActorRuntime Runtime, int Slot);

/// <summary>The hosts of one type of actors, and those before the round of moves that is under way. Guarded by the registry.</summary>
internal sealed class HostsOfType(string type)
{
    private int[] _slots = [];
    private int[] _slotsBefore = [];

    public string Type => type;

    public ActorHost[] Hosts { get; private set; } = [];

    public ActorHost[] Before { get; private set; } = [];

    /// <summary>The round of moves under way; null when there is none.</summary>
    public TaskCompletionSource? Round { get; private set; }

    public ActorHost? Owner(string id) => Hosts.Length == 0 ? null : Hosts[ActorPlacement.Owner(_slots, id)];

    /// <summary>True while the actor is still being drained where it was.</summary>
    public bool Moves(string id, ActorHost owner) =>
        Round is not null && Before.Length > 0 && Before[ActorPlacement.Owner(_slotsBefore, id)] != owner;

    public ActorHost[] Without(ActorRuntime runtime) => [.. Hosts.Where(host => host.Runtime != runtime)];

    public void Begin(ActorHost[] hosts)
    {
        (Before, _slotsBefore) = (Hosts, _slots);
        Round = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Use(hosts);
    }

    public void End()
    {
        (Before, _slotsBefore) = ([], []);
        Round?.SetResult();
        Round = null;
    }

    /// <summary>A lost host holds nothing any more, so nobody has to wait for it.</summary>
    public void Forget(ActorRuntime runtime)
    {
        Use(Without(runtime));
        Before = [.. Before.Where(host => host.Runtime != runtime)];
        _slotsBefore = [.. Before.Select(host => host.Slot)];
    }

    private void Use(ActorHost[] hosts)
    {
        Hosts = hosts;
        _slots = [.. hosts.Select(host => host.Slot)];
    }
}
