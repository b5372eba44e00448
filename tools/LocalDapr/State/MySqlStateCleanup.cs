using MySqlConnector;

namespace ImDapr.LocalDapr.State;

/// <summary>Deletes the expired rows of <c>state.mysql</c>, once per interval over all sidecars on the database, real daprd's among them.</summary>
internal sealed partial class MySqlStateCleanup : IAsyncDisposable
{
    // What the last cleanup may be too young by, as in daprd's component: timers are not exact.
    private static readonly TimeSpan Tolerance = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(10);

    private readonly MySqlDataSource _source;
    private readonly string _table;
    private readonly string _metadataTable;
    private readonly TimeSpan _interval;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _running;

    public MySqlStateCleanup(MySqlDataSource source, string table, string metadataTable, TimeSpan interval, TimeProvider time, ILogger logger)
    {
        (_source, _table, _metadataTable, _interval, _time, _logger) = (source, table, metadataTable, interval, time, logger);
        // The timer starts here and not in the task: its first tick is one interval from now.
        _running = RunAsync(new PeriodicTimer(interval, time));
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _stop.Dispose();
    }

    private async Task RunAsync(PeriodicTimer timer)
    {
        using (timer)
        {
            try
            {
                while (await timer.WaitForNextTickAsync(_stop.Token))
                    await CleanUpAsync();
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                return; // the end of the store, not a failure
            }
        }
    }

    private async Task CleanUpAsync()
    {
        using var limit = new CancellationTokenSource(Limit, _time);
        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token, limit.Token);
        try
        {
            await using var connection = await _source.OpenConnectionAsync(cancellation.Token);
            if (!await TakeTurnAsync(connection, cancellation.Token))
                return;
            await using var delete = new MySqlCommand($"DELETE FROM {_table} WHERE expiredate IS NOT NULL AND expiredate <= CURRENT_TIMESTAMP", connection);
            LogRemoved(_table, await delete.ExecuteNonQueryAsync(cancellation.Token));
        }
        catch (Exception error) when (!_stop.IsCancellationRequested)
        {
            LogFailed(_table, error);
        }
    }

    // One statement decides it, so that of several sidecars one goes on.
    private async Task<bool> TakeTurnAsync(MySqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new MySqlCommand(
            $"""
            INSERT INTO {_metadataTable} (id, value) VALUES ('last-cleanup', CURRENT_TIMESTAMP)
            ON DUPLICATE KEY UPDATE value = IF(CURRENT_TIMESTAMP > DATE_ADD(value, INTERVAL ?*1000 MICROSECOND), CURRENT_TIMESTAMP, value)
            """, connection);
        command.Parameters.Add(new MySqlParameter { Value = (long)(_interval - Tolerance).TotalMilliseconds });
        return await command.ExecuteNonQueryAsync(cancellationToken) > 0;
    }

    [LoggerMessage(9351, LogLevel.Debug, "Removed {Rows} expired rows of {Table}")]
    private partial void LogRemoved(string table, int rows);

    [LoggerMessage(9352, LogLevel.Error, "Removing the expired rows of {Table} failed; it is tried again after the next interval")]
    private partial void LogFailed(string table, Exception error);
}
