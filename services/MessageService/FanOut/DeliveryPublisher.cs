using Dapr.Client;
using ImDapr.Contracts;
using ImDapr.ServiceDefaults.Versions;

namespace ImDapr.MessageService.FanOut;

/// <summary>
/// Tells who is to be told that inboxes have grown: nodes that hold devices, those who poll, and whoever wakes users that are not connected. What comes
/// while an event is being published goes with the next one, in the order in which it came.
/// </summary>
public sealed class DeliveryPublisher(DaprClient dapr, TimeProvider time)
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);
    private readonly Lock _gate = new();
    private List<Told> _waiting = [];
    private bool _isPublishing;

    // An event stays far below the 4 MiB that Dapr carries.
    private const int EventBytes = Limits.BatchBytes / 2;

    /// <summary>Publishes what these inboxes have taken. It fails when nobody may have been told of some of it.</summary>
    public Task PublishAsync(IReadOnlyList<Mailing> appended)
    {
        var told = new Told(appended);
        lock (_gate)
        {
            _waiting.Add(told);
            if (_isPublishing)
                return told.Done.Task;
            _isPublishing = true;
        }
        _ = Task.Run(PublishWaitingAsync);
        return told.Done.Task;
    }

    private async Task PublishWaitingAsync()
    {
        while (Take() is { } taken)
        {
            try
            {
                using var timeout = new CancellationTokenSource(Timeout, time);
                await PublishTogetherAsync([.. taken.SelectMany(told => told.Appended)], timeout.Token);
                taken.ForEach(told => told.Done.SetResult());
            }
            catch (Exception exception)
            {
                // Whatever it was: those who wait get it, and the next are told.
                taken.ForEach(told => told.Done.SetException(exception));
            }
        }
    }

    private List<Told>? Take()
    {
        lock (_gate)
        {
            var taken = _waiting;
            _isPublishing = taken.Count > 0;
            _waiting = [];
            return _isPublishing ? taken : null;
        }
    }

    private async Task PublishTogetherAsync(IReadOnlyList<Mailing> appended, CancellationToken cancellationToken)
    {
        var (online, offline) = (new DeliveryBatch(), new DeliveryBatch());
        foreach (var mailing in appended)
        {
            if (mailing.IsOnline)
                online.Add(mailing, mailing.Entries());
            else
                offline.Add(mailing, mailing.LoudEntries());
            if (online.Bytes > EventBytes)
                online = await PublishOnlineAsync(online, cancellationToken);
            if (offline.Bytes > EventBytes)
                offline = await PublishOfflineAsync(offline, cancellationToken);
        }
        await PublishOnlineAsync(online, cancellationToken);
        await PublishOfflineAsync(offline, cancellationToken);
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        string[] polled = [.. appended.Where(mailing => mailing.IsPolled(now)).Select(mailing => mailing.UserId).Distinct()];
        if (polled.Length > 0)
            await dapr.PublishAsync(DaprNames.Broadcast, new InboxesGrown(polled), cancellationToken);
    }

    /// <returns>A new batch.</returns>
    private async Task<DeliveryBatch> PublishOnlineAsync(DeliveryBatch batch, CancellationToken cancellationToken)
    {
        if (!batch.IsEmpty)
        {
            var messages = batch.Messages;
            await dapr.PublishAsync(DaprNames.PubSub, new Deliveries(messages, batch.Users, [], Traces: MessageTraces.Of(messages)), cancellationToken);
        }
        return new DeliveryBatch();
    }

    /// <returns>A new batch.</returns>
    private async Task<DeliveryBatch> PublishOfflineAsync(DeliveryBatch batch, CancellationToken cancellationToken)
    {
        if (!batch.IsEmpty)
            await dapr.PublishAsync(DaprNames.PubSub, new OfflineRecipients(batch.Messages, batch.Users), cancellationToken);
        return new DeliveryBatch();
    }

    private sealed record Told(IReadOnlyList<Mailing> Appended)
    {
        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
