using System.Diagnostics;
using Dapr.Client;
using ImDapr.Contracts;
using ImDapr.MessageService.FanOut;
using ImDapr.MessageService.Telemetry;
using ImDapr.ServiceDefaults.Observability;
using Microsoft.Extensions.Options;

namespace ImDapr.MessageService.Inbox;

/// <summary>Where each reference stands now; 0 for one that has no position of its own (void, before the join, or no longer kept).</summary>
/// <param name="Readers">Whom to tell.</param>
public sealed record AppendAnswer(long[] Positions, InboxReaders Readers);

/// <summary>
/// Group commit for inboxes and cursors: what waits is saved together, one write per inbox whatever the number of events that brought something
/// for it, one transaction for many users. No actor is called: every write is compared and swapped, so it does not matter who makes it
/// (docs/decisions/0014).
/// </summary>
public sealed class InboxWriter(
    UserInboxes inboxes, InboxMemory memory, StateLife life, InboxFiller filler, DeliveryPublisher deliveries, DaprClient dapr, IOptions<InboxOptions> options, TimeProvider time, ILogger<InboxWriter> logger)
{
    // One: a second is a transaction more for every event, and each carries many users anyway (docs/performance.md).
    private readonly InboxLane _lane = new(userId => memory.GetOrCreate(userId, inboxes.LaneUserOf), life, filler, deliveries, dapr, options.Value, time, logger);

    /// <summary>Appends to each of these inboxes, of each conversation in ascending seq, and tells of it.</summary>
    /// <returns>
    /// For each a task: it fails if that inbox did not take the references, or may not have, or if nobody was told, whatever becomes of the others. A repeat
    /// is harmless.
    /// </returns>
    public Task[] Append(IReadOnlyList<Mailing> mailings)
    {
        var pending = mailings.Select(mailing => new PendingAppend(mailing)).ToArray();
        _lane.Add(pending, []);
        return [.. pending.Select(append => append.Done)];
    }

    /// <summary>Raises the cursor of each of these devices; it never falls.</summary>
    /// <returns>For each a task: a refusal when there is no such position, and it fails if the cursor may not be saved.</returns>
    public Task<Answer<Done>>[] Acknowledge(IReadOnlyList<DeviceAck> acks)
    {
        var pending = acks.Select(ack => new PendingAck(ack)).ToArray();
        _lane.Add([], pending);
        return [.. pending.Select(ack => ack.Answer)];
    }
}

/// <summary>What waits to be appended to one inbox.</summary>
internal sealed class PendingAppend(Mailing mailing)
{
    // A lane must never run its callers' continuations.
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly long _begin = Stopwatch.GetTimestamp();

    public Mailing Mailing => mailing;
    public string UserId => mailing.UserId;
    public IReadOnlyList<MessageReference> References => mailing.References;

    /// <summary>How long it has waited.</summary>
    public TimeSpan Age => Stopwatch.GetElapsedTime(_begin);

    public Task Done => _done.Task;

    public void Complete()
    {
        MessageMetrics.AppendDuration.RecordSince(_begin);
        _done.TrySetResult();
    }

    public void Fail(Exception exception) => _done.TrySetException(exception);
}
