using System.Buffers;
using System.Collections.Concurrent;
using System.Text.Json;
using System.Threading.Channels;
using Microsoft.Data.Sqlite;

namespace ImDapr.LocalDapr.Actors;

/// <summary>Fires reminders when they are due, one scheduler per process. A reminder of a type that nobody hosts waits until somebody does.</summary>
/// <remarks>At least once: a tick counts when the actor has answered, so one that a crash interrupts comes again.</remarks>
public sealed partial class ReminderScheduler : IAsyncDisposable
{
    // As many ticks under way as a busy local system needs; those behind them wait on disk.
    private const int MaxFiring = 64;

    // A store that fails is asked again after this.
    private static readonly TimeSpan StorePause = TimeSpan.FromSeconds(1);

    private readonly ReminderStore _store;
    private readonly ActorHostRegistry _registry;
    private readonly TimeProvider _time;
    private readonly ILogger<ReminderScheduler> _logger;
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentDictionary<(string, string, string), Task> _firing = new();
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly ITimer _alarm;
    private readonly Task _running;

    public ReminderScheduler(ReminderStore store, ActorHostRegistry registry, TimeProvider time, ILogger<ReminderScheduler> logger)
    {
        (_store, _registry, _time, _logger) = (store, registry, time, logger);
        _alarm = time.CreateTimer(_ => Wake(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _store.Saved += Wake;
        _registry.HostsChanged += Wake;
        Wake();
        _running = Task.Run(RunAsync);
    }

    public async ValueTask DisposeAsync()
    {
        _store.Saved -= Wake;
        _registry.HostsChanged -= Wake;
        await _stopping.CancelAsync();
        await _running;
        await Task.WhenAll(_firing.Values);
        await _alarm.DisposeAsync();
        _stopping.Dispose();
    }

    private void Wake() => _wake.Writer.TryWrite(true);

    private async Task RunAsync()
    {
        try
        {
            while (await _wake.Reader.WaitToReadAsync(_stopping.Token))
            {
                // Asked of the token each time: ticks that the stop cancels wake this loop at once, and it would fire them for ever.
                _wake.Reader.TryRead(out _);
                FireDue();
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            Log.Stopped(_logger);
        }
    }

    private void FireDue()
    {
        try
        {
            var now = _time.GetUtcNow();
            var next = FireDue(now);
            _alarm.Change(next is null ? Timeout.InfiniteTimeSpan : Wait(next.Value - now), Timeout.InfiniteTimeSpan);
        }
        catch (SqliteException e)
        {
            Log.StoreFailed(_logger, e);
            _alarm.Change(StorePause, Timeout.InfiniteTimeSpan);
        }
    }

    /// <returns>When the next one falls due.</returns>
    private DateTimeOffset? FireDue(DateTimeOffset now)
    {
        DateTimeOffset? next = null;
        foreach (var type in _registry.HostedTypes())
        {
            foreach (var reminder in _store.Due(type, now, MaxFiring))
                Fire(reminder);

            if (_store.NextAfter(type, now) is { } due && !(due > next))
                next = due;
        }

        return next;
    }

    // A timer holds at most 49 days; woken early, the scheduler just looks again.
    private static TimeSpan Wait(TimeSpan wait) => wait < TimeSpan.FromDays(1) ? wait : TimeSpan.FromDays(1);

    private void Fire(Reminder reminder)
    {
        var key = (reminder.Type, reminder.Id, reminder.Name);
        if (_firing.Count >= MaxFiring || _firing.ContainsKey(key))
            return;

        var started = new TaskCompletionSource();
        _firing[key] = FireAsync(started.Task, key, reminder);
        started.SetResult();
    }

    private async Task FireAsync(Task started, (string, string, string) key, Reminder reminder)
    {
        await started; // listed before it can end
        try
        {
            if (await DeliverAsync(reminder) is { } delivered)
                _store.MoveOn(reminder, delivered ? reminder.Next() : reminder.Failed());
        }
        catch (SqliteException e)
        {
            Log.StoreFailed(_logger, e);
            await Task.Delay(StorePause, _time);
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            Log.Stopped(_logger);
        }
        finally
        {
            _firing.TryRemove(key, out _);
            Wake();
        }
    }

    /// <returns>Null when nobody hosts the type any more: it waits for a host.</returns>
    private async Task<bool?> DeliverAsync(Reminder reminder)
    {
        // Any sidecar that hosts the type may carry it; it finds the owner itself.
        if (_registry.FindOwner(reminder.Type, reminder.Id) is not { } runtime)
            return null;

        var call = new ActorCall(reminder.Type, reminder.Id, $"remind/{reminder.Name}", Body(reminder))
        {
            ContentType = "application/json",
            CallerAppId = runtime.AppId
        };
        try
        {
            using var reply = await runtime.ReachAsync(call, _stopping.Token);
            if (!ActorTransport.IsActorError(reply))
                return true;

            Log.Failed(_logger, reminder.Type, reminder.Id, reminder.Name, "actor error with details in body");
        }
        catch (ActorReminderCancelledException)
        {
            return true;
        }
        catch (Exception e) when (e is ActorApiException or ActorUnavailableException)
        {
            Log.Failed(_logger, reminder.Type, reminder.Id, reminder.Name, e.Message);
        }

        return false;
    }

    // Both texts are empty: a scheduler's job does not know them any more.
    private static byte[] Body(Reminder reminder)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            if (reminder.Data is not null)
            {
                json.WritePropertyName("data");
                json.WriteRawValue(reminder.Data);
            }

            json.WriteString("dueTime", "");
            json.WriteString("period", "");
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    private static partial class Log
    {
        [LoggerMessage(9408, LogLevel.Warning, "Reminder {Type}/{Id}/{Name} failed: {Reason}")]
        public static partial void Failed(ILogger logger, string type, string id, string name, string reason);

        [LoggerMessage(9410, LogLevel.Error, "The file of reminders cannot be used")]
        public static partial void StoreFailed(ILogger logger, Exception exception);

        [LoggerMessage(9409, LogLevel.Debug, "Reminders stop: what was under way comes again at the next start")]
        public static partial void Stopped(ILogger logger);
    }
}
