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
    public UserInbox Of(string userId)
    {
        var store = new InboxStore(dapr, overflow, userId);
        var inbox = new StoredInbox(userId, store, messages, options.Value, loggers.CreateLogger<StoredInbox>());
        return new UserInbox(
            userId, inbox, new StoredDevices(dapr, userId), filler, pages, messages, marks, options.Value, policy.Value, time,
            loggers.CreateLogger<UserInbox>());
    }
}
