namespace ImDapr.LocalDapr.Invocation;

/// <summary>How an app's health is asked for (dapr-contract 6).</summary>
/// <param name="Path">Where; 200 to 299 is healthy.</param>
/// <param name="Threshold">Failures in a row that make it unhealthy; one success makes it healthy again.</param>
public sealed record AppHealthOptions(string Path, TimeSpan Interval, TimeSpan Timeout, int Threshold)
{
    public static readonly AppHealthOptions Default = new("/healthz", TimeSpan.FromSeconds(5), TimeSpan.FromMilliseconds(500), 3);
}

/// <summary>Asks an app for its health for as long as it is not disposed of. It counts as unhealthy until it has answered once.</summary>
internal sealed partial class AppHealth : IAsyncDisposable
{
    private readonly AppChannel _app;
    private readonly AppHealthOptions _options;
    private readonly Func<bool, Task<bool>> _changed;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _running;
    private int _failures;

    /// <param name="changed">
    /// Called when the app has become healthy or unhealthy, one call at a time; false: what had to be done failed, and the app still counts as unhealthy.
    /// </param>
    public AppHealth(AppChannel app, AppHealthOptions options, Func<bool, Task<bool>> changed, TimeProvider time, ILogger logger)
    {
        (_app, _options, _changed, _time, _logger) = (app, options, changed, time, logger);
        _failures = options.Threshold;
        app.IsHealthy = false;
        _running = Task.Run(RunAsync);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        using var timer = new PeriodicTimer(_options.Interval, _time);
        try
        {
            do
                await TryProbeAsync();
            while (await timer.WaitForNextTickAsync(_stop.Token));
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            return; // nobody asks any more
        }
    }

    // Whatever a probe, or what it led to, has thrown: nobody else would ask again, and the app would never be reached.
    private async Task TryProbeAsync()
    {
        try
        {
            await ProbeAsync(_stop.Token);
        }
        catch (Exception failure) when (!_stop.IsCancellationRequested)
        {
            LogFailed(_logger, failure, _app.AppId, _app.Port);
            _failures = _options.Threshold;
            _app.IsHealthy = false;
        }
    }

    private async Task ProbeAsync(CancellationToken cancellationToken)
    {
        var wasHealthy = _failures < _options.Threshold;
        var succeeded = await IsHealthyAsync(cancellationToken);
        _failures = succeeded ? 0 : Math.Min(_failures + 1, _options.Threshold);
        if (wasHealthy == _failures < _options.Threshold)
            return;
        LogChanged(_logger, succeeded ? LogLevel.Information : LogLevel.Warning, _app.AppId, _app.Port, succeeded ? "healthy" : "unhealthy");
        _app.IsHealthy = succeeded;
        if (await _changed(succeeded))
            return;
        _failures = _options.Threshold;
        _app.IsHealthy = false;
    }

    private async Task<bool> IsHealthyAsync(CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(_options.Timeout, _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, _options.Path.TrimStart('/'));
            using var response = await _app.SendAnywayAsync(request, both.Token);
            return response.IsSuccessStatusCode;
        }
        catch (Exception exception) when (exception is HttpRequestException || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return false;
        }
    }

    [LoggerMessage(9502, LogLevel.Error, "{AppId} on port {Port}: a health check failed; the app counts as unhealthy")]
    private static partial void LogFailed(ILogger logger, Exception failure, string appId, int port);

    [LoggerMessage(EventId = 9501, Message = "{AppId} on port {Port} entered {Status} status")]
    private static partial void LogChanged(ILogger logger, LogLevel level, string appId, int port, string status);
}
