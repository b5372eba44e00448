using System.Collections.Concurrent;
using ImDapr.LocalDapr.Invocation;
using ImDapr.LocalDapr.Policies;
using ImDapr.LocalDapr.State;

namespace ImDapr.LocalDapr.Actors;

/// <summary>Actors as one sidecar sees them: those that its app instance hosts, and calls to any actor wherever it lives.</summary>
public sealed partial class ActorRuntime
{
    private readonly ActorHostRegistry _registry;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Resiliency _resiliency;
    private readonly ActorTransport _transport;
    private readonly ConcurrentDictionary<ActorKey, HostedActor> _actors = new();
    private volatile ActorConfig _config = ActorConfig.None;

    /// <param name="app">The app instance beside this sidecar.</param>
    /// <param name="actorStore">The store with <c>actorStateStore: "true"</c>; without one nothing can be hosted.</param>
    /// <param name="resiliency">Policies of actor types; by default none.</param>
    /// <param name="allowsStateTtl">Whether state may have a time to live.</param>
    public ActorRuntime(
        string appId, AppChannel app, IStateStore? actorStore, ActorHostRegistry registry, ReminderStore reminders, TimeProvider time,
        ILoggerFactory loggers, Resiliency? resiliency = null, bool allowsStateTtl = false)
    {
        (AppId, _registry, _time, _logger) = (appId, registry, time, loggers.CreateLogger<ActorRuntime>());
        _resiliency = resiliency ?? new Resiliency(time);
        _transport = new ActorTransport(app, _resiliency, time);
        State = new ActorState(appId, actorStore, allowsStateTtl, this);
        Timers = new ActorTimers(this, time, loggers.CreateLogger<ActorTimers>());
        Reminders = new ActorReminders(this, reminders, time);
    }

    public string AppId { get; }

    public ActorState State { get; }

    public ActorTimers Timers { get; }

    public ActorReminders Reminders { get; }

    /// <summary>Number of active actors by type, for <c>/v1.0/metadata</c>; types without any are there too.</summary>
    public IReadOnlyDictionary<string, int> ActiveActors()
    {
        var counts = _config.Types.Keys.ToDictionary(type => type, _ => 0);
        foreach (var key in _actors.Keys)
            counts[key.Type] = counts.GetValueOrDefault(key.Type) + 1;

        return counts;
    }

    public bool Hosts(string type) => _config.Types.ContainsKey(type);

    public bool IsActive(string type, string id) => _actors.TryGetValue(new ActorKey(type, id), out var actor) && actor.Active;

    /// <summary>Hosts what the app says it hosts. Returns when its share of the actors has moved to it.</summary>
    public async Task StartAsync(ActorConfig config, CancellationToken cancellationToken)
    {
        if (config.Types.Count == 0)
            return;

        if (!State.Configured)
        {
            Log.NoStore(_logger, AppId, string.Join(", ", config.Types.Keys));
            return;
        }

        _config = config;
        await _registry.JoinAsync(this, [.. config.Types.Keys], cancellationToken);
    }

    /// <summary>Hands the actors over: running calls end or are drained, the app deactivates every actor, other hosts take over.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await Timers.StopAsync();
        if (_config.Types.Count == 0)
            return;

        await _registry.LeaveAsync(this, cancellationToken);
        _config = ActorConfig.None;
    }

    /// <summary>The app's process is gone: its actors live elsewhere from now on, and calls that were under way are tried again there.</summary>
    public async Task HostLostAsync()
    {
        _registry.Lose(this);
        await Task.WhenAll(_actors.Values.Select(actor => actor.AbandonAsync()));
        _config = ActorConfig.None;
        await Timers.StopAsync();
    }

    /// <summary>Calls an actor wherever it lives, one call at a time per actor.</summary>
    /// <returns>The app's answer, status 200; to be disposed of.</returns>
    /// <exception cref="ActorApiException">What daprd would answer instead.</exception>
    public async ValueTask<ActorReply> InvokeAsync(ActorCall call, CancellationToken cancellationToken)
    {
        try
        {
            var policy = _resiliency.ForActorTurn(call.Type, call.Id);
            return policy == ResiliencyPolicy.None ? await ReachAsync(call, cancellationToken) : await ReachAsync(call, policy, cancellationToken);
        }
        catch (Exception e) when (e is ActorUnavailableException or ActorReminderCancelledException or CircuitOpenException)
        {
            throw ActorApiException.Invoke(e.Message, e);
        }
    }

    // A policy counts everything as a failure, an exception of the actor too, which comes back as an answer all the same.
    private async ValueTask<ActorReply> ReachAsync(ActorCall call, ResiliencyPolicy policy, CancellationToken cancellationToken)
    {
        ActorReply? reply = null;
        try
        {
            await policy.RunAsync(
                async token =>
                {
                    reply?.Dispose();
                    reply = null;
                    reply = await ReachAsync(call, token);
                    if (ActorTransport.IsActorError(reply))
                        throw new ActorErrorReplyException();
                },
                _ => false, _time, cancellationToken);
        }
        catch (ActorErrorReplyException)
        {
            return reply!;
        }
        return reply!;
    }

    /// <summary>As <see cref="InvokeAsync"/>, but what failed is still to be told apart.</summary>
    internal async ValueTask<ActorReply> ReachAsync(ActorCall call, CancellationToken cancellationToken)
    {
        ActorRetry? retry = null;
        while (true)
        {
            var changed = _registry.Changed; // taken before the look: a change after it is not missed
            try
            {
                var (actor, moving) = _registry.Admit(call.Type, call.Id);
                if (actor is not null)
                    return await actor.InvokeAsync(call, cancellationToken);

                if (moving is null)
                    throw NoAddress(call);

                await moving.WaitAsync(cancellationToken);
            }
            catch (ActorUnavailableException e) when (!_resiliency.CoversActor(call.Type) && (retry ??= new ActorRetry(_time)).MayGoOn)
            {
                await retry.WaitAsync(e, changed, cancellationToken);
            }
        }
    }

    internal HostedActor GetOrCreate(string type, string id) =>
        _actors.TryGetValue(new ActorKey(type, id), out var actor) ? actor : Create(new ActorKey(type, id));

    internal IEnumerable<HostedActor> ActorsOf(string type) => _actors.Where(entry => entry.Key.Type == type).Select(entry => entry.Value);

    internal TimeSpan DrainOf(string type) => _config.Types.TryGetValue(type, out var config) ? config.DrainTimeout : TimeSpan.Zero;

    // Only the registry creates actors, one at a time.
    private HostedActor Create(ActorKey key) => _actors[key] = new HostedActor(
        key.Type, key.Id, _config.Types[key.Type], _transport, _time, _logger, actor => _actors.TryRemove(new ActorKey(actor.Type, actor.Id), out _));

    private static ActorUnavailableException NoAddress(ActorCall call) => new(
        $"failed to lookup actor: api error: code = FailedPrecondition desc = did not find address for actor '{call.Type}||{call.Id}'");

    private readonly record struct ActorKey(string Type, string Id);

    private sealed class ActorErrorReplyException : Exception;

    private static partial class Log
    {
        [LoggerMessage(9404, LogLevel.Warning, "{AppId} has no state store with actorStateStore: \"true\": its actor types {Types} are not hosted")]
        public static partial void NoStore(ILogger logger, string appId, string types);
    }
}
