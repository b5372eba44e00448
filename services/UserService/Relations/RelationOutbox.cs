using ImDapr.Contracts;
using ImDapr.ServiceDefaults.Hosting;
using ImDapr.UserService.Telemetry;

namespace ImDapr.UserService.Relations;

/// <summary>What is to be changed, or why not; neither when everything is as asked for.</summary>
public sealed record Proposal(Refusal? Refusal, RelationChanged? Change)
{
    public static readonly Proposal Nothing = new(null, null);

    public static Proposal Refused(Refusal refusal) => new(refusal, null);
}

/// <summary>
/// Changes groups and contacts and tells of it on <c>im.relations</c>, at least once: a change is claimed, carried out, told and forgotten. What a
/// process that died has left behind, whichever instance finds it brings to its end (docs/decisions/0009).
/// </summary>
public sealed partial class RelationOutbox(
    RelationLog log, IEnumerable<IRelationStore> stores, RelationsPublisher relations, TimeProvider time, ILogger<RelationOutbox> logger) : BackgroundService
{
    // Each round that is lost is a change that somebody else has made.
    private const int MaxRounds = 50;
    private const int ChangesPerRound = 100;
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);
    private readonly Dictionary<string, IRelationStore> _stores = stores.ToDictionary(store => store.Kind);

    /// <summary>Proposes until a proposal has won, is refused, or there is nothing to do: rules always judge what is changed.</summary>
    /// <param name="propose">Reads the relation and judges; asked again when it has changed meanwhile.</param>
    /// <param name="cancellationToken">Ends the wait; what was claimed is carried out all the same.</param>
    public async Task<Proposal> ChangeAsync(Func<CancellationToken, Task<Proposal>> propose, CancellationToken cancellationToken)
    {
        for (var round = 0; round < MaxRounds; round++)
        {
            var proposal = await propose(cancellationToken);
            if (proposal.Refusal is not null || proposal.Change is null || await TryChangeAsync(proposal.Change, cancellationToken))
                return proposal;
        }
        throw new TimeoutException($"The relation was changed {MaxRounds} times by others meanwhile");
    }

    /// <returns>False when another change came first. It is carried out by then, also when who claimed it has died.</returns>
    public async Task<bool> TryChangeAsync(RelationChanged change, CancellationToken cancellationToken)
    {
        var store = _stores[change.Kind];
        if (!await store.ClaimAsync(change, cancellationToken))
        {
            if (await log.FindAsync(ChangeKey.Of(change), cancellationToken) is { } first)
                await store.CarryOutAsync(first, cancellationToken);
            return false;
        }
        await store.CarryOutAsync(change, cancellationToken);
        await TellAsync(change, cancellationToken);
        return true;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
            await FinishAllAsync(stoppingToken);
    }

    private async Task FinishAllAsync(CancellationToken cancellationToken)
    {
        try
        {
            foreach (var key in await log.LeftBehindAsync(Interval, ChangesPerRound, cancellationToken))
                await FinishAsync(key, cancellationToken);
        }
        catch (Exception exception) when (ProblemExceptionHandler.RefusalOf(exception) is not null)
        {
            Later(exception, "*", "*", 0);
        }
    }

    // One that fails does not hold up the others.
    private async Task FinishAsync(ChangeKey key, CancellationToken cancellationToken)
    {
        try
        {
            if (await log.FindAsync(key, cancellationToken) is not { } change)
                return;
            await _stores[key.Kind].CarryOutAsync(change, cancellationToken);
            await TellAsync(change, cancellationToken);
        }
        catch (Exception exception) when (ProblemExceptionHandler.RefusalOf(exception) is not null)
        {
            Later(exception, key.Kind, key.Subject, key.Version);
        }
    }

    /// <summary>Tells a change; a failure is made good later and is not the caller's.</summary>
    private async Task TellAsync(RelationChanged change, CancellationToken cancellationToken)
    {
        try
        {
            await relations.PublishAsync(change, cancellationToken);
            await log.DeleteAsync(ChangeKey.Of(change), cancellationToken);
        }
        catch (Exception exception) when (ProblemExceptionHandler.RefusalOf(exception) is not null)
        {
            Later(exception, change.Kind, change.Subject, change.Version);
        }
    }

    private void Later(Exception exception, string kind, string subject, long version)
    {
        LogLater(exception, kind, subject, version);
        UserMetrics.RelationRetries.Add(1);
    }

    [LoggerMessage(1101, LogLevel.Warning, "Version {Version} of {Kind} {Subject} will be finished later")]
    private partial void LogLater(Exception exception, string kind, string subject, long version);
}
