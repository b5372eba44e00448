using Dapr.Client;
using ImDapr.MessageService.Entities;
using ImDapr.MessageService.Receipts;
using Microsoft.Extensions.Options;

namespace ImDapr.MessageService.Inbox;

/// <summary>Puts together what one user's inbox consists of.</summary>
public sealed class UserInboxes(
    DaprClient dapr, InboxOverflow overflow, InboxFiller filler, InboxPages pages, IMessageStore messages, DeliveredMarks marks,
    IOptions<InboxOptions> options, IOptions<SessionsOptions> policy, TimeProvider time, ILoggerFactory loggers)
{
    /// <summary>What a user's actor works with.</summary>
    public UserInbox Of(string userId) => new(
        userId, InboxOf(userId), new StoredDevices(dapr, userId), filler, pages, messages, marks, options.Value, policy.Value, time,
        loggers.CreateLogger<UserInbox>());

    /// <summary>The inbox alone: what an append works with.</summary>
    public StoredInbox InboxOf(string userId) => new(
        userId, new InboxStore(dapr, overflow, userId), messages,
        async (epoch, cancellationToken) => (await new StoredDevices(dapr, userId).GetAsync(cancellationToken)).Told(epoch),
        options.Value, loggers.CreateLogger<StoredInbox>());
}
