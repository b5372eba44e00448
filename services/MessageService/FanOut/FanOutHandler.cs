using System.Diagnostics;
using Dapr;
using Dapr.Client;
using ImDapr.Contracts;
using ImDapr.MessageService.Conversations;
using ImDapr.MessageService.Entities;
using ImDapr.MessageService.Telemetry;
using ImDapr.ServiceDefaults.Actors;
using ImDapr.ServiceDefaults.Observability;

namespace ImDapr.MessageService.FanOut;

/// <summary>
/// One stored batch to many inboxes: each recipient's actor is called once, whatever the number of messages and conversations. The sender is a
/// recipient too, so all its devices sync the same way. A repeat is harmless: an inbox ignores what it holds and tells the positions again.
/// </summary>
public sealed partial class FanOutHandler(
    MemberDirectory members, IMessageStore store, UserActorClient actors, DaprClient dapr, ILogger<FanOutHandler> logger)
{
    private const int ParallelAppends = 32;

    /// <exception cref="DaprException">Some inboxes did not take their references: the event is to be delivered again.</exception>
    public async Task HandleAsync(MessagesStored stored, CancellationToken cancellationToken)
    {
        var start = Stopwatch.GetTimestamp();
        var messages = stored.Restored();
        using var spans = StageSpans.Start("fan out", ActivityKind.Consumer, messages.Select(message => message.TraceParent));
        foreach (var message in messages)
            store.Observe(message.ConversationId, message.Seq);
        var mailings = await MailingsAsync(messages, cancellationToken);
        await store.RetainAsync(Mailings.Retained(messages, mailings), cancellationToken);
        var failed = 0;
        await Parallel.ForEachAsync(
            mailings,
            new ParallelOptions { MaxDegreeOfParallelism = ParallelAppends, CancellationToken = cancellationToken },
            async (mailing, token) =>
            {
                if (!await TryAppendAsync(mailing, messages, token))
                    Interlocked.Increment(ref failed);
            });
        await PublishAsync(messages, mailings, cancellationToken);
        MessageMetrics.FanOutDuration.RecordSince(start);
        MessageMetrics.FanOutBatch.Record(messages.Length);
        if (failed > 0)
            throw new DaprException($"{failed} of {mailings.Count} inboxes did not take their references");
    }

    private async Task<List<Mailing>> MailingsAsync(Message[] messages, CancellationToken cancellationToken)
    {
        var byConversation = new Dictionary<string, ConversationMembers>();
        foreach (var conversationId in Mailings.Conversations(messages))
            byConversation[conversationId] = await members.MembersAsync(conversationId, cancellationToken);
        return Mailings.Of(messages, byConversation);
    }

    private async Task<bool> TryAppendAsync(Mailing mailing, Message[] messages, CancellationToken cancellationToken)
    {
        using var spans = StageSpans.Start("append", ActivityKind.Client, mailing.Messages.Select(index => messages[index].TraceParent));
        try
        {
            var start = Stopwatch.GetTimestamp();
            mailing.Answer = await actors.AppendAsync(mailing.UserId, new AppendRequest([.. mailing.References]), cancellationToken);
            MessageMetrics.AppendDuration.RecordSince(start);
            MessageMetrics.AppendBatch.Record(mailing.References.Count);
            return true;
        }
        catch (Exception exception) when (exception is DaprException or DaprApiException or HttpRequestException)
        {
            // The others get theirs; this one gets it when the event comes again.
            LogNotAppended(exception, mailing.UserId, mailing.References.Count, LoggedConversations.Of(mailing.References));
            MessageMetrics.AppendFailures.Add(1);
            spans.Fail(exception.GetType().Name);
            return false;
        }
    }

    private async Task PublishAsync(Message[] messages, List<Mailing> mailings, CancellationToken cancellationToken)
    {
        var online = mailings.Where(mailing => mailing.Answer is { Online: true }).Select(mailing => mailing.Delivery()).Where(HasEntries).ToArray();
        var offline = mailings.Where(mailing => mailing.Answer is { Online: false }).Select(mailing => mailing.LoudDelivery()).Where(HasEntries).ToArray();
        var timelines = Mailings.Timelines(messages);
        if (online.Length + timelines.Length > 0)
            await dapr.PublishEventAsync(DaprNames.PubSub, Topics.Deliveries, new Deliveries(messages, online, [], timelines, Traces: MessageTraces.Of(messages)), cancellationToken);
        await WakeAsync([.. mailings.Where(mailing => mailing.Answer is { Polled: true }).Select(mailing => mailing.UserId)], cancellationToken);
        if (offline.Length > 0)
            await dapr.PublishEventAsync(DaprNames.PubSub, Topics.Offline, new OfflineRecipients(messages, offline), cancellationToken);
    }

    private async Task WakeAsync(string[] userIds, CancellationToken cancellationToken)
    {
        if (userIds.Length > 0)
            await dapr.PublishEventAsync(DaprNames.Broadcast, Topics.Inboxes, new InboxesGrown(userIds), cancellationToken);
    }

    private static bool HasEntries(UserDelivery delivery) => delivery.Entries.Length > 0;

    [LoggerMessage(3201, LogLevel.Warning, "Inbox of {UserId} did not take {Count} references of {ConversationIds}")]
    private partial void LogNotAppended(Exception exception, string userId, int count, string[] conversationIds);
}
