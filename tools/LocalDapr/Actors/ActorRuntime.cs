using System.Collections.Concurrent;
using System.Net;
using ImDapr.LocalDapr.Invocation;
using ImDapr.LocalDapr.State;

namespace ImDapr.LocalDapr.Actors;

/// <summary>The actors of one sidecar: calls any actor wherever it lives, and serves those whose owner its app is (dapr-contract 5).</summary>
public sealed partial class ActorRuntime : IAsyncDisposable
{
    private const int MovedRetries = 5;
    private static readonly TimeSpan MovedDelay = TimeSpan.FromSeconds(1);

    private readonly AppChannel _app;
    private readonly ActorHostRegistry _registry;
    private readonly TimeProvider _time;
    private readonly ILogger<ActorRuntime> _logger;
    private readonly ConcurrentDictionary<ActorKey, ActorSlot> _slots = new();
    private ITimer? _idleScan;
    private volatile bool _stopped;

    public ActorRuntime(
        string appId, AppChannel app, IStateStore? actorStore, ActorHostRegistry registry, ReminderStore reminders, TimeProvider time, ILoggerFactory loggers)
    {
        (_app, _registry, _time) = (app, registry, time);
        _logger = loggers.CreateLogger<ActorRuntime>();
        AppId = appId;
        State = new ActorState(appId, actorStore, this);
        Timers = new ActorTimers(this, time, loggers.CreateLogger<ActorTimers>());
        Reminders = reminders;
    }

    public string AppId { get; }

    public ActorConfig Config { get; private set; } = ActorConfig.None;

    /// <summary>Tells hosts apart in the placement hash.</summary>
    public string HostName => $"{AppId}@{_app.Port}";

    public ActorState State { get; }

    public ActorTimers Timers { get; }

    public ReminderStore Reminders { get; }

    public async Task StartAsync(ActorConfig config, CancellationToken cancellationToken)
    {
        Config = config;
        if (config.Types.Count == 0)
            return;
        _idleScan = _time.CreateTimer(_ => DeactivateIdle(), null, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
        await _registry.JoinAsync(this, cancellationToken);
        Reminders.HostJoined(this);
    }

    /// <summary>The app is stopping, or is gone: its actors live elsewhere from now on.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_stopped)
            return;
        _stopped = true;
        Reminders.HostLeft(this);
        if (Config.Types.Count > 0)
            await _registry.LeaveAsync(this, cancellationToken);
        Timers.StopAll();
        if (_idleScan is not null)
            await _idleScan.DisposeAsync();
    }

    public ValueTask DisposeAsync() => new(StopAsync(CancellationToken.None));

    public bool Hosts(string type) => Config.Types.Contains(type);

    public bool IsActive(ActorKey actor) => _slots.ContainsKey(actor);

    /// <summary>Calls an actor wherever it lives; only a move is tried again, an error of the app is the caller's to judge.</summary>
    /// <param name="actor">The actor.</param>
    /// <param name="request">Makes the request anew for each try.</param>
    /// <param name="chain">Reentrancy id, or null.</param>
    /// <param name="answer">Reads the app's answer while the turn lasts.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public async Task InvokeAsync(
        ActorKey actor, Func<HttpRequestMessage> request, string? chain, Func<HttpResponseMessage, Task> answer, CancellationToken cancellationToken)
    {
        for (var retry = 0; ; retry++)
        {
            var owner = await _registry.OwnerAsync(actor, cancellationToken) ?? throw ActorErrors.NoAddress(actor.Type);
            try
            {
                await owner.ServeAsync(actor, request, chain, answer, cancellationToken);
                return;
            }
            catch (ActorMovedException exception)
            {
                if (retry >= MovedRetries)
                    throw ActorErrors.Invoke(exception.Message, exception);
                await Task.WhenAny(exception.Gone ?? Task.Delay(Timeout.Infinite, cancellationToken), Task.Delay(MovedDelay, _time, cancellationToken));
                cancellationToken.ThrowIfCancellationRequested();
            }
        }
    }

    /// <summary>Closes the actors that another host will own, and waits for their running calls.</summary>
    internal Task DrainAsync(Func<ActorKey, bool> moves) =>
        Task.WhenAll(_slots.Where(slot => moves(slot.Key)).Select(slot => DeactivateAsync(slot.Key, slot.Value)));

    private async Task ServeAsync(
        ActorKey actor, Func<HttpRequestMessage> request, string? chain, Func<HttpResponseMessage, Task> answer, CancellationToken cancellationToken)
    {
        if (_stopped)
            throw new ActorMovedException("host is stopping");
        var slot = _slots.GetOrAdd(actor, _ => new ActorSlot(new ActorTurns(Config.Reentrant, Config.MaxStackDepth)) { LastUsed = _time.GetTimestamp() });
        using var turn = await slot.Turns.EnterAsync(chain, cancellationToken);
        slot.LastUsed = _time.GetTimestamp();
        using var message = request();
        HttpResponseMessage response;
        try
        {
            response = await _app.SendAsync(message, cancellationToken);
        }
        catch (HttpRequestException exception)
        {
            throw exception.HttpRequestError == HttpRequestError.ConnectionError
                ? new ActorMovedException(exception.Message, exception)
                : ActorErrors.Invoke(exception.Message, exception);
        }
        using (response)
            await answer(response);
    }

    private void DeactivateIdle()
    {
        foreach (var (actor, slot) in _slots)
        {
            if (slot.Turns.IsIdle && _time.GetElapsedTime(slot.LastUsed) >= Config.IdleTimeout)
                _ = DeactivateIdleAsync(actor, slot);
        }
    }

    private async Task DeactivateIdleAsync(ActorKey actor, ActorSlot slot)
    {
        try
        {
            await DeactivateAsync(actor, slot);
        }
        catch (Exception exception)
        {
            LogNotDeactivated(exception, actor.Type, actor.Id);
        }
    }

    private async Task DeactivateAsync(ActorKey actor, ActorSlot slot)
    {
        if (Interlocked.Exchange(ref slot.Closing, 1) == 1)
            return;
        await slot.Turns.CloseAsync(Config.Drain ? Config.DrainTimeout : TimeSpan.Zero, _time);
        Timers.Stop(actor);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Delete, $"actors/{actor.Type}/{Uri.EscapeDataString(actor.Id)}");
            using var response = await _app.SendAsync(request, CancellationToken.None);
            if (response.StatusCode != HttpStatusCode.OK)
                LogDeactivation(actor.Type, actor.Id, (int)response.StatusCode);
        }
        catch (HttpRequestException) when (_stopped)
        {
            LogHostGone(actor.Type, actor.Id);
        }
        finally
        {
            _slots.TryRemove(KeyValuePair.Create(actor, slot));
            slot.Turns.MarkGone();
        }
    }

    private sealed class ActorSlot(ActorTurns turns)
    {
        public int Closing;

        public ActorTurns Turns => turns;

        public long LastUsed { get; set; }
    }

    [LoggerMessage(9301, LogLevel.Warning, "Deactivating {Type} {Id} failed")]
    private partial void LogNotDeactivated(Exception exception, string type, string id);

    [LoggerMessage(9302, LogLevel.Warning, "Deactivating {Type} {Id}: the app answered {Status}")]
    private partial void LogDeactivation(string type, string id, int status);

    [LoggerMessage(9303, LogLevel.Debug, "{Type} {Id} went with its host")]
    private partial void LogHostGone(string type, string id);
}
