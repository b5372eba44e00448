using ImDapr.ConnectionService.Delivery;
using ImDapr.ConnectionService.Hubs;
using ImDapr.ConnectionService.Sessions;
using ImDapr.Contracts;
using Microsoft.AspNetCore.SignalR;

namespace ImDapr.ConnectionService.Timelines;

/// <summary>
/// Pushes of timelines, on a channel for each conversation. A node writes what it hears in the order of the conversation: whichever nodes took the events,
/// each has to put it in order anyway (docs/decisions/0019).
/// </summary>
public sealed class TimelineChannels(
    HubLifetimeManager<ImHub> hub, OrderedPushes pushes, TimeProvider time, ILogger<TimelineChannels> logger, BackplaneLink? link = null)
    : FollowedChannels<Message[]>("timeline", hub, time, logger, link)
{
    /// <summary>
    /// Seconds for which a timeline message may be pushed. Who joined since it was sent might be among those who get the push, so later its
    /// readers are told to sync instead: a sync knows from which seq each may see.
    /// </summary>
    public const int FreshSeconds = 5;

    private readonly TimeProvider _time = time;

    protected override Subscriptions NamesOf(LocalConnection connection) => connection.Timelines;

    /// <summary>Of messages by ascending seq. Their order is that of all who follow the conversation here.</summary>
    protected override Func<Message[], Task> Open(string name)
    {
        var order = new PushOrder();
        return messages => pushes.Push(order, [.. messages.Select(message => new InboxEntry(message.Seq, message))], entries => Write(name, entries));
    }

    private Task Write(string conversationId, IReadOnlyList<InboxEntry> entries)
    {
        Message[] messages = [.. entries.Select(entry => entry.Message)];
        var isFresh = _time.GetUtcNow().ToUnixTimeMilliseconds() - messages.Min(message => message.SentAt) <= FreshSeconds * 1000;
        return isFresh
            ? CallAsync(conversationId, nameof(IImClient.DeliverTimeline), messages)
            : CallAsync(conversationId, nameof(IImClient.SyncNow), new Within(FreshSeconds));
    }
}
