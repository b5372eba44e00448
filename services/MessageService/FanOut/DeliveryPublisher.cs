using Dapr.Client;
using ImDapr.Contracts;

namespace ImDapr.MessageService.FanOut;

/// <summary>Tells who is to be told that inboxes have grown: nodes that hold devices, those who poll, and whoever wakes users that are not connected.</summary>
public sealed class DeliveryPublisher(DaprClient dapr, TimeProvider time)
{
    // An event stays far below the 4 MiB that Dapr carries.
    private const int EventBytes = Limits.BatchBytes / 2;

    /// <summary>Publishes what these inboxes have taken, in as few events as possible.</summary>
    public async Task PublishAsync(IReadOnlyList<Mailing> appended, CancellationToken cancellationToken)
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
            await dapr.PublishEventAsync(DaprNames.Broadcast, Topics.Inboxes, new InboxesGrown(polled), cancellationToken);
    }

    /// <returns>A new batch.</returns>
    private async Task<DeliveryBatch> PublishOnlineAsync(DeliveryBatch batch, CancellationToken cancellationToken)
    {
        if (!batch.IsEmpty)
        {
            var messages = batch.Messages;
            await dapr.PublishEventAsync(DaprNames.PubSub, Topics.Deliveries, new Deliveries(messages, batch.Users, [], Traces: MessageTraces.Of(messages)), cancellationToken);
        }
        return new DeliveryBatch();
    }

    /// <returns>A new batch.</returns>
    private async Task<DeliveryBatch> PublishOfflineAsync(DeliveryBatch batch, CancellationToken cancellationToken)
    {
        if (!batch.IsEmpty)
            await dapr.PublishEventAsync(DaprNames.PubSub, Topics.Offline, new OfflineRecipients(batch.Messages, batch.Users), cancellationToken);
        return new DeliveryBatch();
    }
}
