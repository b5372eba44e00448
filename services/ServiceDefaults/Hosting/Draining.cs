using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace ImDapr.ServiceDefaults.Hosting;

/// <summary>Something that has to end before an instance may stop.</summary>
public interface IDrainStep
{
    /// <summary>Returns when it has ended. Everything still works meanwhile: the instance serves, its sidecar is there.</summary>
    /// <param name="limit">Fires when the instance stops in any case.</param>
    Task DrainAsync(CancellationToken limit);
}

/// <summary>
/// The time between being asked to stop and stopping: the instance says that it is leaving, goes on serving, and waits until nobody needs it any
/// more, at most <see cref="DrainOptions.LimitSeconds"/>.
/// </summary>
public sealed partial class Draining(IEnumerable<IDrainStep> steps, IOptions<DrainOptions> options, TimeProvider time, ILogger<Draining> logger) : IDisposable
{
    private readonly CancellationTokenSource _began = new();

    /// <summary>Fires when this instance was asked to stop.</summary>
    public CancellationToken Began => _began.Token;

    public bool HasBegun => _began.IsCancellationRequested;

    /// <summary>
    /// Ends the connection of this answer once it has been given, if this instance leaves: a load balancer only places new connections, and a client that
    /// keeps its own would come back here with every request.
    /// </summary>
    public void AskToLeave(HttpResponse response)
    {
        if (HasBegun && HttpProtocol.IsHttp11(response.HttpContext.Request.Protocol))
            response.Headers.Connection = "close";
    }

    /// <summary>Runs all steps side by side; returns when they have ended or the limit has passed. Runs once.</summary>
    /// <param name="now">Fires when the instance is to stop without waiting.</param>
    public async Task RunAsync(CancellationToken now)
    {
        var start = time.GetTimestamp();
        await _began.CancelAsync();
        LogBegan(options.Value.LimitSeconds);
        using var limit = new CancellationTokenSource(options.Value.Limit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, now);
        var ended = await Task.WhenAll(steps.Select(step => RunAsync(step, either.Token)));
        if (Array.TrueForAll(ended, hasEnded => hasEnded))
            LogEnded((long)time.GetElapsedTime(start).TotalMilliseconds);
    }

    public void Dispose() => _began.Dispose();

    /// <returns>Whether it ended by itself.</returns>
    private async Task<bool> RunAsync(IDrainStep step, CancellationToken limit)
    {
        try
        {
            // A step that does not listen must not keep the instance.
            await step.DrainAsync(limit).WaitAsync(limit);
            return true;
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            LogCut(step.GetType().Name);
        }
        catch (Exception failure)
        {
            // The instance stops all the same, and the other steps go on.
            LogFailed(failure, step.GetType().Name);
        }
        return false;
    }

    [LoggerMessage(120, LogLevel.Information, "Asked to stop: draining, at most {Seconds} s")]
    private partial void LogBegan(int seconds);

    [LoggerMessage(121, LogLevel.Information, "Drained within {Milliseconds} ms")]
    private partial void LogEnded(long milliseconds);

    [LoggerMessage(122, LogLevel.Warning, "{Step} has not ended, but this instance stops now")]
    private partial void LogCut(string step);

    [LoggerMessage(123, LogLevel.Error, "{Step} failed; this instance stops without it")]
    private partial void LogFailed(Exception failure, string step);
}
