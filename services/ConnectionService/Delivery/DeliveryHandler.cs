using ImDapr.ConnectionService.Hubs;
using ImDapr.Contracts;
using Microsoft.AspNetCore.SignalR;

namespace ImDapr.ConnectionService.Delivery;

/// <summary>Pushes new inbox entries and receipts to the devices that are connected, one push per user.</summary>
/// <remarks>A push is a hint: what is lost here a device finds by its positions. So an event is done when its pushes were tried.</remarks>
public sealed partial class DeliveryHandler(IHubContext<ImHub, IImClient> hub, TimeProvider time, ILogger<DeliveryHandler> logger)
{
    // A client that does not read must not hold up the events behind this one.
    private static readonly TimeSpan PushTimeout = TimeSpan.FromSeconds(5);

    public async Task PushAsync(Deliveries deliveries, CancellationToken cancellationToken)
    {
        var pushes = deliveries.Users.Select(user => hub.Clients.User(user.UserId).Deliver(EntriesOf(user, deliveries.Messages)))
            .Concat(deliveries.Receipts.Select(receipt => hub.Clients.Users(receipt.ToUserIds).Receipt(receipt.Receipt)))
            .ToArray();
        await Task.WhenAll(pushes).WaitAsync(PushTimeout, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

        var failed = pushes.Where(push => !push.IsCompletedSuccessfully).ToArray();
        if (failed.Length > 0)
            LogNotPushed(failed.Select(push => push.Exception?.InnerException).FirstOrDefault(cause => cause is not null), failed.Length, pushes.Length);
    }

    private static InboxEntry[] EntriesOf(UserDelivery user, Message[] messages) =>
        [.. user.Entries.Select(entry => new InboxEntry(entry.Position, messages[entry.Message]))];

    [LoggerMessage(2301, LogLevel.Warning, "{Failed} of {Pushes} pushes failed or took too long; the devices will sync")]
    private partial void LogNotPushed(Exception? cause, int failed, int pushes);
}
