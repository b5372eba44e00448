using Microsoft.Extensions.Hosting;

namespace ImDapr.ServiceDefaults.Hosting;

/// <summary>Background work on what waits in a queue. When it is to stop it takes no more and does what waits first, as long as the host waits.</summary>
public abstract class FinishingService : BackgroundService
{
    /// <summary>Takes no more, so that <see cref="BackgroundService.ExecuteAsync"/> ends when what waits is done.</summary>
    protected abstract void Complete();

    public sealed override async Task StopAsync(CancellationToken cancellationToken)
    {
        Complete();
        if (ExecuteTask is { } working)
            await working.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await base.StopAsync(cancellationToken);
    }
}
