using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ImDapr.LocalDapr.Actors;

/// <summary>Timers of the actors that this sidecar hosts: in memory, gone with the activation. The next tick is set when the callback has returned.</summary>
public sealed partial class ActorTimers(ActorRuntime runtime, TimeProvider time, ILogger<ActorTimers> logger)
{
    private readonly ConcurrentDictionary<(ActorKey Actor, string Name), CancellationTokenSource> _running = new();

    public void Register(ActorKey actor, string name, JsonElement body)
    {
        ActorSchedule schedule;
        try
        {
            schedule = ActorSchedule.Read(body, time.GetUtcNow());
        }
        catch (FormatException exception)
        {
            throw ActorErrors.TimerCreate(exception.Message);
        }
        Unregister(actor, name);
        var stop = new CancellationTokenSource();
        _running[(actor, name)] = stop;
        _ = RunAsync(actor, name, schedule, Payload(body), stop);
    }

    public void Unregister(ActorKey actor, string name)
    {
        if (_running.TryRemove((actor, name), out var stop))
            stop.Cancel();
    }

    public void Stop(ActorKey actor)
    {
        foreach (var key in _running.Keys.Where(key => key.Actor == actor))
            Unregister(key.Actor, key.Name);
    }

    public void StopAll()
    {
        foreach (var key in _running.Keys)
            Unregister(key.Actor, key.Name);
    }

    private async Task RunAsync(ActorKey actor, string name, ActorSchedule first, byte[] payload, CancellationTokenSource stop)
    {
        try
        {
            for (var schedule = first; schedule is not null; schedule = schedule.Next(time.GetUtcNow()))
            {
                var wait = schedule.DueAt - time.GetUtcNow();
                if (wait > TimeSpan.Zero)
                    await Task.Delay(wait, time, stop.Token);
                await TickAsync(actor, name, payload, stop.Token);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return; // replaced, removed, or gone with its actor
        }
        _running.TryRemove(KeyValuePair.Create((actor, name), stop));
    }

    private async Task TickAsync(ActorKey actor, string name, byte[] payload, CancellationToken cancellationToken)
    {
        try
        {
            await ActorCallback.SendAsync(runtime, actor, $"timer/{Uri.EscapeDataString(name)}", payload, cancellationToken);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            LogFailed(exception, actor.Type, actor.Id, name);
        }
    }

    private static byte[] Payload(JsonElement body) => JsonSerializer.SerializeToUtf8Bytes(new JsonObject
    {
        ["data"] = Node(body, "data"),
        ["callback"] = Node(body, "callback"),
        ["dueTime"] = Node(body, "dueTime"),
        ["period"] = Node(body, "period"),
    });

    private static JsonNode? Node(JsonElement body, string name) => body.TryGetProperty(name, out var value) ? JsonNode.Parse(value.GetRawText()) : null;

    [LoggerMessage(9311, LogLevel.Warning, "Timer {Name} of {Type} {Id} failed; it goes on")]
    private partial void LogFailed(Exception exception, string type, string id, string name);
}

/// <summary>A call that the sidecar itself makes: a timer's or a reminder's tick.</summary>
internal static class ActorCallback
{
    public static Task SendAsync(ActorRuntime runtime, ActorKey actor, string path, byte[] payload, CancellationToken cancellationToken) => runtime.InvokeAsync(
        actor,
        () => new HttpRequestMessage(HttpMethod.Put, $"actors/{actor.Type}/{Uri.EscapeDataString(actor.Id)}/method/{path}")
        {
            Content = new ByteArrayContent(payload) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } },
        },
        null,
        response => response.IsSuccessStatusCode ? Task.CompletedTask : throw ActorErrors.Invoke($"the app answered {(int)response.StatusCode}"),
        cancellationToken);
}
