using ImDapr.ConnectionService.Hubs;
using ImDapr.Contracts;
using Microsoft.AspNetCore.SignalR;

namespace ImDapr.ConnectionService.Delivery;

/// <summary>Pushes what was assigned: one publish per user over the backplane, whatever the number of its devices. A push is a hint; what is lost, a Sync finds.</summary>
public sealed partial class DeliveryHandler(IHubContext<ImHub, IImClient> hub, ILogger<DeliveryHandler> logger)
{
    public async Task HandleAsync(Deliveries deliveries)
    {
        var failed = 0;
        foreach (var user in deliveries.Users)
            failed += await TryAsync(() => hub.Clients.User(user.UserId).Deliver(Entries(deliveries, user))) ? 0 : 1;
        foreach (var receipt in deliveries.Receipts)
            failed += await TryAsync(() => hub.Clients.Users(receipt.ToUserIds).Receipt(receipt.Receipt)) ? 0 : 1;
        if (failed > 0)
            LogNotPushed(failed, deliveries.Users.Length + deliveries.Receipts.Length);
    }

    private static InboxEntry[] Entries(Deliveries deliveries, UserDelivery user) =>
        [.. user.Entries.Select(entry => new InboxEntry(entry.Position, deliveries.Messages[entry.Message]))];

    private async Task<bool> TryAsync(Func<Task> push)
    {
        try
        {
            await push();
            return true;
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            LogFailed(exception);
            return false;
        }
    }

    [LoggerMessage(2201, LogLevel.Warning, "{Failed} of {Count} pushes failed; the devices find it when they sync")]
    private partial void LogNotPushed(int failed, int count);

    [LoggerMessage(2202, LogLevel.Debug, "A push failed")]
    private partial void LogFailed(Exception exception);
}
