using Dapr.Client;
using ImDapr.MessageService.Entities;
using ImDapr.MessageService.Receipts;
using Microsoft.Extensions.Options;

namespace ImDapr.MessageService.Inbox;

/// <summary>Puts together what one user's inbox consists of.</summary>
public sealed class UserInboxes(
    DaprClient dapr, StateLife life, InboxOverflow overflow, InboxFiller filler, InboxPages pages, IMessageStore messages, DeliveredMarks marks,
    IOptions<InboxOptions> options, IOptions<SessionsOptions> policy, TimeProvider time, ILoggerFactory loggers)
{
    /// <summary>What a user's actor works with.</summary>
    public UserInbox Of(string userId)
    {
        var user = LaneUserOf(userId);
        return new UserInbox(userId, user.Inbox, user.Devices, user.Cursors, life, filler, pages, policy.Value, time, loggers.CreateLogger<UserInbox>());
    }

    /// <summary>What appends and acknowledgements work with.</summary>
    public LaneUser LaneUserOf(string userId)
    {
        var inbox = new StoredInbox(
            userId, new InboxStore(dapr, overflow, userId), life, messages,
            async (epoch, cancellationToken) => (await new StoredDevices(dapr, userId).GetAsync(cancellationToken)).Told(epoch),
            options.Value, loggers.CreateLogger<StoredInbox>());
        return new LaneUser(inbox, new StoredDevices(dapr, userId), new UserCursors(userId, inbox, messages, marks, options.Value, time));
    }
}
