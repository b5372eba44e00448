using System.Buffers;
using System.Collections.Concurrent;
using System.Text.Json;

namespace ImDapr.LocalDapr.Actors;

/// <summary>What a timer is asked to be, with the texts as they came.</summary>
/// <param name="Data">JSON; null when none was given.</param>
public sealed record TimerRequest(string DueTime, string Period, string Ttl, string Callback, byte[]? Data);

/// <summary>Timers that actors registered at this sidecar: in memory, gone with it. A tick is a call to the actor like any other.</summary>
public sealed partial class ActorTimers(ActorRuntime runtime, TimeProvider time, ILogger<ActorTimers> logger)
{
    private readonly ConcurrentDictionary<(string Type, string Id, string Name), Timer> _timers = new();
    private CancellationTokenSource _lifetime = new();

    public int Count => _timers.Count;

    /// <summary>Sets a timer; one with the same name is replaced.</summary>
    public void Create(string type, string id, string name, TimerRequest request)
    {
        if (!runtime.Hosts(type))
            throw ActorApiException.TimerCreate($"can't create timer for actor {type}||{id}: actor type not registered");

        var timer = Plan(request, time.GetUtcNow());
        Delete(type, id, name);
        if (timer.Expires is { } expires && timer.Next >= expires)
            return;

        _timers[(type, id, name)] = timer;
        timer.Running = RunAsync((type, id, name), timer, _lifetime.Token);
    }

    public void Delete(string type, string id, string name)
    {
        if (_timers.TryRemove((type, id, name), out var timer))
            timer.Removed.Cancel();
    }

    /// <summary>Stops all timers and waits for those that are ticking.</summary>
    public async Task StopAsync()
    {
        var lifetime = Interlocked.Exchange(ref _lifetime, new CancellationTokenSource());
        await lifetime.CancelAsync();
        await Task.WhenAll(_timers.Values.Select(timer => timer.Running));
        _timers.Clear();
        lifetime.Dispose();
    }

    private static Timer Plan(TimerRequest request, DateTimeOffset now)
    {
        var due = request.DueTime.Length == 0 ? now : ActorSchedule.ParseTime(request.DueTime, now)
            ?? throw ActorApiException.TimerCreate($"error parsing timer due time: unsupported time/duration format: {request.DueTime}");
        var period = request.Period.Length == 0 ? new ActorPeriod(0, 0, 0, TimeSpan.Zero, -1) : ActorSchedule.ParsePeriod(request.Period)
            ?? throw ActorApiException.TimerCreate($"invalid timer period: parse error: unsupported duration format: {request.Period}");
        if (period.Repeats == 0)
            throw ActorApiException.TimerCreate("invalid timer period: has zero repetitions");

        DateTimeOffset? expires = request.Ttl.Length == 0 ? null : ActorSchedule.ParseTime(request.Ttl, due)
            ?? throw ActorApiException.TimerCreate($"error parsing timer TTL: unsupported time/duration format: {request.Ttl}");
        if (expires is not null && (now >= expires || due >= expires))
            throw ActorApiException.TimerCreate("timer has already expired");

        return new Timer(request) { Next = due, Period = period, Expires = expires };
    }

    // A removed timer waits no more, but a tick that is under way ends normally: it may be the one that removed it.
    private async Task RunAsync((string Type, string Id, string Name) key, Timer timer, CancellationToken lifetime)
    {
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(lifetime, timer.Removed.Token);
        try
        {
            do
            {
                var wait = timer.Next - time.GetUtcNow();
                if (wait > TimeSpan.Zero)
                    await Task.Delay(wait, time, waiting.Token);

                waiting.Token.ThrowIfCancellationRequested();
                await TickAsync(key, timer, lifetime);
            }
            while (timer.MoveOn());

            _timers.TryRemove(new(key, timer));
        }
        catch (OperationCanceledException) when (waiting.IsCancellationRequested)
        {
            Log.Stopped(logger, key.Type, key.Id, key.Name);
        }
    }

    // Ticking goes on whatever a tick comes to, as in daprd.
    private async Task TickAsync((string Type, string Id, string Name) key, Timer timer, CancellationToken cancellationToken)
    {
        var call = new ActorCall(key.Type, key.Id, $"timer/{key.Name}", timer.Body) { ContentType = "application/json", CallerAppId = runtime.AppId };
        try
        {
            using var reply = await runtime.InvokeAsync(call, cancellationToken);
            if (ActorTransport.IsActorError(reply))
                Log.TickFailed(logger, key.Type, key.Id, key.Name, "actor error with details in body");
        }
        catch (ActorApiException e)
        {
            Log.TickFailed(logger, key.Type, key.Id, key.Name, e.Message);
        }
    }

    private sealed class Timer(TimerRequest request)
    {
        public DateTimeOffset Next { get; set; }

        public ActorPeriod Period { get; set; }

        public DateTimeOffset? Expires { get; init; }

        public byte[] Body { get; } = Write(request);

        public CancellationTokenSource Removed { get; } = new();

        public Task Running { get; set; } = Task.CompletedTask;

        /// <summary>The next tick is counted from the last one's hour, not from when it ended.</summary>
        public bool MoveOn()
        {
            if (Period.Repeats > 0)
                Period = Period with { Repeats = Period.Repeats - 1 };

            if (!Period.Recurs)
                return false;

            Next = Period.Following(Next);
            return Expires is null || Next < Expires;
        }

        private static byte[] Write(TimerRequest request)
        {
            var buffer = new ArrayBufferWriter<byte>();
            using (var json = new Utf8JsonWriter(buffer))
            {
                json.WriteStartObject();
                if (request.Data is not null)
                {
                    json.WritePropertyName("data");
                    json.WriteRawValue(request.Data);
                }

                json.WriteString("callback", request.Callback);
                json.WriteString("dueTime", request.DueTime);
                json.WriteString("period", request.Period);
                json.WriteEndObject();
            }

            return buffer.WrittenSpan.ToArray();
        }
    }

    private static partial class Log
    {
        [LoggerMessage(9406, LogLevel.Debug, "Timer {Type}/{Id}/{Name} is stopped")]
        public static partial void Stopped(ILogger logger, string type, string id, string name);

        [LoggerMessage(9407, LogLevel.Warning, "A tick of timer {Type}/{Id}/{Name} failed: {Reason}")]
        public static partial void TickFailed(ILogger logger, string type, string id, string name, string reason);
    }
}
