using ImDapr.ServiceDefaults.Hosting;
using ImDapr.UserService.Relations;

namespace ImDapr.UserService.Groups;

/// <summary>
/// Tells every change of a group on <c>im.relations</c>, at least once: the change is stored with the group, told right away, and told later by
/// whichever instance finds it if that failed or the process died in between.
/// </summary>
public sealed partial class GroupOutbox(GroupStore store, RelationsPublisher relations, TimeProvider time, ILogger<GroupOutbox> logger) : BackgroundService
{
    private const int GroupsPerRound = 100;
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    /// <summary>Tells the group's changes now; a failure is made good later and is not the caller's.</summary>
    public async Task PublishAsync(string groupId, CancellationToken cancellationToken)
    {
        try
        {
            foreach (var change in await store.ChangesAsync(groupId, cancellationToken))
            {
                await relations.PublishAsync(change, cancellationToken);
                await store.MarkPublishedAsync(change, cancellationToken);
            }
        }
        catch (Exception exception) when (ProblemExceptionHandler.RefusalOf(exception) is not null)
        {
            LogLater(exception, groupId);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
            await PublishAllAsync(stoppingToken);
    }

    private async Task PublishAllAsync(CancellationToken cancellationToken)
    {
        try
        {
            foreach (var groupId in await store.UnpublishedAsync(GroupsPerRound, cancellationToken))
                await PublishAsync(groupId, cancellationToken);
        }
        catch (Exception exception) when (ProblemExceptionHandler.RefusalOf(exception) is not null)
        {
            LogLater(exception, "*");
        }
    }

    [LoggerMessage(1101, LogLevel.Warning, "Changes of group {GroupId} will be told later")]
    private partial void LogLater(Exception exception, string groupId);
}
